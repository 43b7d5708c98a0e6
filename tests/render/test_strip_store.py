"""The cache gives back what was kept, and holds its cap."""

import shutil

import numpy as np
import pytest

from dawbridge.errors import InputError
from dawbridge.paths import user_cache_folder
from dawbridge.render.store.strip_file import write_strip
from dawbridge.render.store.strip_store import StripStore, cache_cap_bytes
from numbered_strips import LENGTH, counts, get, held, key, put, samples

pytest_plugins = ("store_fixtures",)


# One process


def test_a_run_finds_its_own_strips(store):
    with store.run() as run:
        assert not get(run, 1)
        put(run, 1)
        assert get(run, 1) and counts(run) == (1, 1, 0)


def test_the_next_run_finds_what_was_kept(store, make_store):
    with store.run() as run:
        put(run, 1, 2)
    with make_store().run() as run:
        assert get(run, 1) and get(run, 2) and not get(run, 3) and counts(run) == (2, 1, 0)
    assert store.notes == [] and not list((store.folder / "runs").iterdir())


def test_what_was_only_written_is_not_found(store):
    with store.run() as run:
        run.reserve(key(1)).write_bytes(b"half")
        assert not get(run, 1)
        with pytest.raises(InputError, match="no readable strip"):
            run.keep(key(1))
        with pytest.raises(InputError, match="no readable strip"):
            run.keep(key(2))
        assert held(store) == []


def test_samples_outlive_the_run(store):
    with store.run() as run:
        put(run, 1)
        strip = run.find(key(1))
    shutil.rmtree(store.folder)
    assert np.array_equal(strip.samples, samples(1))


def test_keeping_again_replaces(store):
    with store.run() as run:
        put(run, 1)
        run.keep(key(1))
        put(run, 1)
        assert get(run, 1) and held(store) == [1]
        assert [path.name for path in run.folder.iterdir()] == [f"{key(1)}.strip"]


@pytest.mark.parametrize("bad", ["", "a", "../" + "a" * 61, "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n", "g" * 64])
def test_only_hashes_are_keys(store, bad):
    with store.run() as run:
        for use in (run.reserve, run.path, run.find, run.keep):
            with pytest.raises(InputError, match="give a SHA-256"):
                use(bad)


# Room


def test_the_least_recently_used_go_first(make_store, size_bytes):
    store = make_store(3 * size_bytes)
    with store.run() as run:
        put(run, 1, 2, 3)
    with store.run() as run:
        assert get(run, 1) and get(run, 3)
        put(run, 4)
        assert held(store) == [1, 3, 4]
        put(run, 5)
        assert held(store) == [3, 4, 5]
        assert get(run, 1), "the run still has what the cache let go"
    with store.run() as run:
        assert not get(run, 1)


def test_the_cap_holds(make_store, size_bytes):
    store = make_store(int(4.5 * size_bytes))
    with store.run() as run:
        for number in range(20):
            put(run, number)
            assert sum(path.stat().st_size for path in (store.folder / "strips").iterdir()) <= store.max_bytes
    assert held(store) == [16, 17, 18, 19]
    with make_store(2 * size_bytes).run():
        assert held(store) == [18, 19], "a smaller cap holds from the start"


@pytest.mark.parametrize("cap_bytes", [0, 1, 5000])
def test_a_cap_below_one_strip_keeps_nothing_and_hinders_nothing(make_store, cap_bytes):
    store = make_store(cap_bytes)
    with store.run() as run:
        put(run, 1, 2)
        assert get(run, 1) and get(run, 2) and held(store) == []


def test_a_strip_too_big_for_the_cache_pushes_nothing_out(make_store, size_bytes):
    store = make_store(2 * size_bytes)
    with store.run() as run:
        put(run, 1, 2)
        write_strip(run.reserve(key(3)), np.zeros((2, 5 * LENGTH), dtype=np.float32), {})
        assert run.keep(key(3)).samples.shape == (2, 5 * LENGTH)
    assert held(store) == [1, 2]


@pytest.mark.parametrize(("text", "cap_bytes"), [("", 8 * 2**30), ("2", 2**31), ("0.5", 2**29), ("0", 0)])
def test_the_cap_comes_from_the_environment(monkeypatch, text, cap_bytes):
    monkeypatch.setenv("DAWBRIDGE_CACHE_GIB", text)
    assert StripStore().max_bytes == cache_cap_bytes() == cap_bytes
    monkeypatch.delenv("DAWBRIDGE_CACHE_GIB")
    assert cache_cap_bytes() == 8 * 2**30


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "8 GiB"])
def test_a_cap_that_is_no_size_is_an_input_error(monkeypatch, text):
    monkeypatch.setenv("DAWBRIDGE_CACHE_GIB", text)
    with pytest.raises(InputError, match="DAWBRIDGE_CACHE_GIB.*0 or more"):
        StripStore()


def test_the_folder_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("DAWBRIDGE_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert user_cache_folder() == tmp_path / "dawbridge"
    monkeypatch.setenv("DAWBRIDGE_CACHE", str(tmp_path / "own"))
    assert user_cache_folder() == tmp_path / "own"
