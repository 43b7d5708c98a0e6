"""The cache with damaged strips, in folders that do not work, and on full disks."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from dawbridge.errors import OutputError
from dawbridge.render.farm.strip_memory import StripMemory
from dawbridge.render.store import strip_store as module
from dawbridge.render.store.direct_io import copy_to_disk
from dawbridge.render.store.strip_file import write_strip
from dawbridge.render.store.strip_store import StripStore
from numbered_strips import counts, get, held, key, put

pytest_plugins = ("store_fixtures",)


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


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_disk_that_fills_while_a_strip_is_copied_is_an_os_error():
    memory = StripMemory()
    place = memory.take(100_000)
    write_strip(place, np.ones((2, 10_000), np.float32), {})
    with pytest.raises(OSError, match="No space left"):
        copy_to_disk(place, Path("/dev/full"))
    memory.close()
