"""The cache gives back what was kept, holds its cap, and survives what other processes and accidents do to it."""

import errno
import hashlib
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from dawbridge.errors import InputError, OutputError
from dawbridge.places import user_cache_folder
from dawbridge.render import store as module
from dawbridge.render.direct_io import copy_to_disk
from dawbridge.render.shelf import Shelf
from dawbridge.render.store import StripStore, cache_cap_bytes
from dawbridge.render.strip_file import write_strip

ROOT = Path(__file__).resolve().parents[1]
LENGTH = 1000


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def samples(number: int) -> np.ndarray:
    return np.full((2, LENGTH), number, dtype=np.float32)


def put(run, *numbers: int) -> None:
    """As a worker and the planner do."""
    for number in numbers:
        write_strip(run.place(key(number)), samples(number), {"number": number})
        run.keep(key(number))


def get(run, number: int) -> bool:
    """Whether the strip is there; it then is the right one."""
    strip = run.find(key(number))
    if strip is None:
        return False
    assert strip.meta == {"number": number} and np.array_equal(strip.samples, samples(number))
    assert strip.path == run.path(key(number))
    return True


def held(store: StripStore) -> list[int]:
    """The strips in the cache."""
    names = {path.name for path in (store.folder / "strips").iterdir()}
    found = [number for number in range(1000) if f"{key(number)}.strip" in names]
    assert len(found) == len(names)
    return found


def counts(run) -> tuple[int, int, int]:
    return run.hits, run.misses, run.damaged


@pytest.fixture
def size_bytes(tmp_path):
    """What one strip's file takes."""
    write_strip(tmp_path / "one.strip", samples(0), {"number": 0})
    return (tmp_path / "one.strip").stat().st_size


@pytest.fixture
def make_store(tmp_path):
    """A function (cap in bytes) → a store in the same folder."""
    return lambda max_bytes=2**30: StripStore(tmp_path / "cache", max_bytes)


@pytest.fixture
def store(make_store):
    return make_store()


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
        run.place(key(1)).write_bytes(b"half")
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
        for use in (run.place, run.path, run.find, run.keep):
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
        write_strip(run.place(key(3)), np.zeros((2, 5 * LENGTH), dtype=np.float32), {})
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


# Damage


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "bit": flip_a_bit,
    "short": lambda path: os.truncate(path, 1000),
    "empty": lambda path: os.truncate(path, 0),
    "foreign": lambda path: path.write_text("hello"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_strip_is_noticed_and_made_again(store, damage):
    with store.run() as run:
        put(run, 1, 2)
    damage(store.folder / "strips" / f"{key(1)}.strip")
    with store.run() as run:
        assert not get(run, 1) and counts(run) == (0, 1, 1)
        assert held(store) == [2] and not list(run.folder.iterdir())
        put(run, 1)
        assert get(run, 1)
    with store.run() as run:
        assert get(run, 1) and get(run, 2) and counts(run) == (2, 0, 0)


# Folders that do not work


def check_works_without(store) -> None:
    for _ in range(2):
        with store.run() as run:
            assert not get(run, 1)
            put(run, 1)
            assert get(run, 1)
    assert not run.folder.exists()


def test_without_a_folder_nothing_outlives_the_run(tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    store = StripStore()
    check_works_without(store)
    assert store.notes == [] and not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.parametrize("spoilt", ["", "runs", "strips"])
def test_a_folder_that_cannot_be_written_is_noted_once(store, spoilt):
    bad = store.folder / spoilt
    bad.parent.mkdir(exist_ok=True)
    bad.write_text("a file")
    check_works_without(store)
    (note,) = store.notes
    assert str(store.folder) in note and "DAWBRIDGE_CACHE" in note


def test_a_full_cache_is_noted_once(store, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module.os, "link", refuse)
    monkeypatch.setattr(module.shutil, "copyfile", refuse)
    with store.run() as run:
        put(run, 1, 2)
        assert get(run, 1) and get(run, 2) and held(store) == []
        assert len(list(run.folder.iterdir())) == 2
    (note,) = store.notes
    assert "No space left" in note


def test_file_systems_without_links_are_copied_to(store, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(module.os, "link", refuse)
    with store.run() as run:
        put(run, 1)
    with store.run() as run:
        assert get(run, 1) and not get(run, 2)
        (store.folder / "strips" / f"{key(1)}.strip").unlink()
        assert get(run, 1)
    assert store.notes == []


def test_no_temporary_folder_is_an_output_error(tmp_path, monkeypatch):
    monkeypatch.setattr(module.tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"dawbridge-{os.getuid()}").symlink_to(tmp_path)  # not what we make, though it leads to a folder
    with pytest.raises(OutputError, match="TMPDIR"), StripStore().run():
        pass


# Other processes

OPERATE = """
import random, sys
from pathlib import Path
from test_strip_store import get, put
from dawbridge.render.store import StripStore

folder, cap, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
chance, found, damaged = random.Random(seed), 0, 0
for _ in range(10):
    with StripStore(folder, cap).run() as run:
        for _ in range(20):
            number = chance.randrange(12)
            if get(run, number):
                found += 1
            else:
                put(run, number)
        damaged += run.damaged
print(found, damaged)
"""
HANG = """
import sys, time
from pathlib import Path
from test_strip_store import get, put
from dawbridge.render import strip_file
from dawbridge.render.store import StripStore

with StripStore(Path(sys.argv[1]), int(sys.argv[2])).run() as run:
    if sys.argv[3] == "write":
        put(run, 1)
        pieces = strip_file._pieces
        def hang(*arguments):
            yield next(pieces(*arguments))
            print("hangs", flush=True)
            time.sleep(600)
        strip_file._pieces = hang
        put(run, 2)
    else:
        assert get(run, 1)
        print("hangs", flush=True)
        sys.stdin.readline()
        assert get(run, 1), "though the cache has let it go"
"""


@contextmanager
def process(code: str, *arguments):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests")))}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as started:
        try:
            yield started
        finally:
            started.kill()


def test_two_processes_at_once_get_nothing_wrong(store, size_bytes):
    cap_bytes = 5 * size_bytes
    first, second = (process(OPERATE, store.folder, cap_bytes, seed) for seed in (1, 2))
    with first as one, second as other:
        answers = [p.communicate(timeout=120)[0].split() for p in (one, other)]
        assert [one.returncode, other.returncode] == [0, 0]
    assert all(int(found) > 20 for found, _ in answers), "they do find something"
    assert [damaged for _, damaged in answers] == ["0", "0"]
    assert len(held(store)) <= 5
    assert not list((store.folder / "runs").iterdir())


def test_what_a_run_reads_no_other_takes_away(store, make_store, size_bytes):
    with store.run() as run:
        put(run, 1)
    with process(HANG, store.folder, 2**30, "read") as reader:
        assert reader.stdout.readline() == "hangs\n"
        with make_store(2 * size_bytes).run() as run:
            put(run, 2, 3, 4)
        assert held(store) == [3, 4]
        reader.communicate("go on\n", timeout=60)
        assert reader.returncode == 0


def test_a_process_killed_while_it_writes_leaves_only_whole_strips(store):
    with process(HANG, store.folder, 2**30, "write") as writer:
        assert writer.stdout.readline() == "hangs\n"
        runs = store.folder / "runs"
        with store.run() as run:
            assert len(list(runs.glob("*/*.part"))) == 1, "of the living it stays"
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    assert len(list(runs.glob("*/*.part"))) == 1
    with store.run() as run:
        assert [path for path in runs.iterdir() if path.is_dir()] == [run.folder]
        assert get(run, 1) and not get(run, 2) and held(store) == [1]
    assert not list(runs.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_fills_while_a_strip_is_copied_is_an_os_error():
    shelf = Shelf()
    place = shelf.take(100_000)
    write_strip(place, np.ones((2, 10_000), np.float32), {})
    with pytest.raises(OSError, match="No space left"):
        copy_to_disk(place, Path("/dev/full"))
    shelf.close()
