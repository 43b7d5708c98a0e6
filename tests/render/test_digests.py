"""A file's hash is that of its content, remembered only while the file is surely the same."""

import os
import time

import pytest
from xxhash import xxh3_128_hexdigest

from dawbridge.errors import InputError
from dawbridge.render.store import digests
from dawbridge.render.store.digests import file_digest
from living import wait_until

LONG_AGO_S = 1_600_000_000


@pytest.fixture
def reads(monkeypatch):
    """The files that were read, in that order."""
    read, seen = digests._read, []
    monkeypatch.setattr(digests, "_read", lambda path: seen.append(path) or read(path))
    return seen


@pytest.fixture
def song(tmp_path, monkeypatch):
    """An audio file that has not changed for a minute; change times cannot be set, so the clock is ahead."""
    now_ns = time.time_ns
    monkeypatch.setattr(digests.time, "time_ns", lambda: now_ns() + 60 * 10**9)
    path = tmp_path / "song.wav"
    path.write_bytes(b"one" * 1_000_000)
    return path


def test_the_digest_is_that_of_the_content(song):
    assert file_digest(song) == xxh3_128_hexdigest(b"one" * 1_000_000)
    song.write_bytes(b"")
    assert file_digest(song) == xxh3_128_hexdigest(b"")


def test_the_second_time_the_file_is_not_read(song, tmp_path, reads, monkeypatch):
    digest = file_digest(song, tmp_path / "cache")
    assert file_digest(song, tmp_path / "cache") == digest and reads == [song]
    monkeypatch.chdir(tmp_path)
    relative = song.relative_to(tmp_path)
    assert file_digest(relative, tmp_path / "cache") == digest and reads == [song], "the same file"
    assert file_digest(song) == digest and len(reads) == 2, "no cache, no memory"


def rewrite_in_place_and_set_the_time_back(song):
    times = song.stat()
    song.write_bytes(b"two" * 1_000_000)
    os.utime(song, ns=(times.st_atime_ns, times.st_mtime_ns))


def replace_by_one_of_that_time(song):
    times = song.stat()
    other = song.with_name("other")
    other.write_bytes(b"two" * 1_000_000)
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))
    other.replace(song)


def lengthen(song):
    with song.open("ab") as file:
        file.write(b"!")


def wait_for_the_file_systems_clock(path):
    """Until a file that changes gets a later time than this one has."""
    probe = path.with_name("probe")
    assert wait_until(lambda: probe.write_bytes(b"") == 0 and probe.stat().st_ctime_ns > path.stat().st_ctime_ns)


@pytest.mark.parametrize("change", [rewrite_in_place_and_set_the_time_back, replace_by_one_of_that_time, lengthen])
def test_a_changed_file_is_read_again(song, tmp_path, change):
    before = file_digest(song, tmp_path / "cache")
    wait_for_the_file_systems_clock(song)
    change(song)
    after = file_digest(song, tmp_path / "cache")
    assert after == xxh3_128_hexdigest(song.read_bytes()) != before


def test_a_file_that_has_just_changed_is_not_remembered(tmp_path, reads):
    path = tmp_path / "new.wav"
    path.write_bytes(b"one")
    os.utime(path, (LONG_AGO_S, LONG_AGO_S))  # its change time tells
    for count in (1, 2):
        file_digest(path, tmp_path / "cache")
        assert len(reads) == count
    assert not (tmp_path / "cache").exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(song, tmp_path, monkeypatch):
    read = digests._read
    monkeypatch.setattr(digests, "_read", lambda path: (read(path), lengthen(path))[0])
    file_digest(song, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_any_damage_to_the_memory_is_noticed(song, tmp_path, reads):
    digest = file_digest(song, tmp_path / "cache")
    (slot,) = (tmp_path / "cache" / "digests").iterdir()
    whole = slot.read_bytes()
    damaged = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(len(whole))]
    damaged += [b"", whole[:-1], whole + b" ", b"[" * 100_000, b"0 []", b"\xff"]
    for count, content in enumerate(damaged, start=2):
        slot.write_bytes(content)
        assert file_digest(song, tmp_path / "cache") == digest and len(reads) == count
    assert slot.read_bytes() == whole


def test_a_slot_of_another_file_is_written_over(song, tmp_path, reads, monkeypatch):
    monkeypatch.setattr(digests.hashlib, "sha256", lambda _: type("Same", (), {"hexdigest": lambda _: "0000"})())
    other = tmp_path / "other.wav"
    other.write_bytes(b"two")
    for path in (song, other, song):
        assert file_digest(path, tmp_path / "cache") == xxh3_128_hexdigest(path.read_bytes())
    assert reads == [song, other, song]
    assert len(list((tmp_path / "cache" / "digests").iterdir())) == 1


def test_without_a_place_for_the_memory_it_goes_on(song, tmp_path):
    (tmp_path / "file").write_text("")
    assert file_digest(song, tmp_path / "file") == file_digest(song)


def test_no_file_is_an_input_error(tmp_path):
    for path in (tmp_path / "absent", tmp_path, tmp_path / "absent" / "x"):
        with pytest.raises(InputError, match="cannot be read"):
            file_digest(path, tmp_path / "cache")
