"""A strip's file gives back what was written, bit for bit, and any damage to it is noticed."""

import os
import resource
import signal
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dawbridge.errors import InputError, OutputError
from dawbridge.render.store import strip_file
from dawbridge.render.store.strip_file import ALIGNMENT, open_strip, verify, write_strip

META = {"latency_samples": 64, "states": {"0": "AAEC/w=="}, "name": "Étude"}


def bits(count: int, channels: int = 2, seed: int = 1) -> np.ndarray:
    """[channels, count] float32 of random bits: NaNs of every kind, infinities and subnormals among them."""
    numbers = np.random.default_rng(seed).integers(0, 2**32, (channels, count), dtype=np.uint32)
    return numbers.view(np.float32)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.strip"


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    """(a small strip's file, a place for damaged copies of it)"""
    folder = tmp_path_factory.mktemp("strip")
    write_strip(folder / "a.strip", bits(50), META)
    return (folder / "a.strip").read_bytes(), folder / "copy.strip"


# Round trip


@pytest.mark.parametrize("count", [0, 1, 7, 2**18 - 1, 2**18, 2**18 + 1, 600_001])
@pytest.mark.parametrize("channels", [1, 2])
def test_samples_come_back_bit_for_bit(path, count, channels):
    samples = bits(count, channels)
    write_strip(path, samples, META)
    strip = open_strip(path)
    assert strip.meta == META and strip.path == path and verify(path)
    assert strip.samples.shape == (channels, count) and strip.samples.dtype == np.float32
    assert strip.samples.tobytes() == samples.tobytes()
    assert not strip.samples.flags.writeable


@given(st.dictionaries(st.text(), st.text() | st.floats(allow_nan=False) | st.integers() | st.none(), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_small_header_comes_back_and_samples_are_aligned(tmp_path, meta):
    path = tmp_path / "a.strip"
    write_strip(path, bits(3), meta)
    assert open_strip(path).meta == meta
    assert path.read_bytes().index(bits(3).tobytes()) % ALIGNMENT == 0


VIEWS = {
    "transposed": lambda x: np.asfortranarray(x),
    "every other": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "backwards": lambda x: x[:, ::-1].copy()[:, ::-1],
    "big-endian": lambda x: x.astype(">f4"),
    "double": lambda x: x.astype(np.float64),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_however_the_samples_lie_in_memory(path, view):
    samples = np.random.default_rng(2).standard_normal((2, 300_000)).astype(np.float32)
    write_strip(path, view(samples), {})
    assert np.array_equal(open_strip(path).samples, samples) and verify(path)


def test_the_samples_outlive_the_file(path):
    write_strip(path, bits(10_000), {})
    strip = open_strip(path)
    write_strip(path, bits(10_000, seed=2), {})
    path.unlink()
    assert strip.samples.tobytes() == bits(10_000).tobytes()


def test_neither_writing_nor_checking_copies_the_samples(path):
    samples = np.zeros((2, 4_000_000), dtype=np.float32)
    tracemalloc.start()
    write_strip(path, samples, {})
    assert verify(path)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < samples.nbytes / 8


# Damage


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_a_flipped_bit_is_noticed(intact, data):
    content, copy = intact
    place = data.draw(st.integers(0, 8 * len(content) - 1))
    damaged = bytearray(content)
    damaged[place // 8] ^= 1 << place % 8
    copy.write_bytes(damaged)
    assert not verify(copy)
    try:
        open_strip(copy)  # what it may not do is to raise anything else
    except InputError:
        pass


def test_every_length_but_the_right_one_is_noticed(intact):
    content, copy = intact
    for length in range(len(content)):
        copy.write_bytes(content[:length])
        assert not verify(copy)
        with pytest.raises(InputError, match="remove the file"):
            open_strip(copy)
    for longer in (b"\0", content):
        copy.write_bytes(content + longer)
        assert not verify(copy)
    copy.write_bytes(content)
    assert verify(copy)


def test_swapped_samples_are_noticed(intact):
    content, copy = intact
    copy.write_bytes(content[:-24] + content[-20:-16] + content[-24:-20] + content[-16:])
    assert not verify(copy)


FOREIGN = {
    "empty": b"",
    "text": b"hello" * 100,
    "wav": b"RIFF\x24\0\0\0WAVEfmt " + bytes(100),
    "zeros": bytes(1000),
    "huge header": struct.pack("<8sQQQ", strip_file.MAGIC, 2**63, 2, 2**62) + bytes(1000),
    "huge samples": struct.pack("<8sQQQ", strip_file.MAGIC, 32, 2**63, 2**63) + bytes(1000),
    "all ones": strip_file.MAGIC + b"\xff" * 1000,
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_file_is_noticed(path, content):
    path.write_bytes(content)
    assert not verify(path)
    with pytest.raises(InputError, match="a.strip: no readable strip"):
        open_strip(path)


def test_a_sparse_file_with_a_huge_header_costs_no_memory(path):
    header_bytes = 2**34 - 32
    with path.open("wb") as file:
        file.write(struct.pack("<8sQQQ", strip_file.MAGIC, header_bytes, 0, 0))
        file.truncate(32 + header_bytes + 16)
    assert not verify(path)
    with pytest.raises(InputError, match="impossible header"):
        open_strip(path)


@pytest.mark.parametrize("text", [b"[1]", b"[" * 4064, b"{", b"\xff"])
def test_a_header_that_is_no_object_is_an_input_error(path, text):
    header = text + b" " * (-(32 + len(text)) % ALIGNMENT)
    path.write_bytes(struct.pack("<8sQQQ", strip_file.MAGIC, len(header), 2, 0) + header + bytes(16))
    with pytest.raises(InputError, match="no readable strip"):
        open_strip(path)


def test_what_is_no_file_is_noticed(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "absent", tmp_path / "pipe", tmp_path / ("n" * 300), tmp_path / "a\0b"):
        assert not verify(path)


# Writing that fails


@pytest.fixture
def full_disk():
    """Files may not grow past 100 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("count", [12_000, 12_500, 13_000, 200_000])
def test_a_full_disk_leaves_what_was_there_and_nothing_more(path, full_disk, count):
    write_strip(path, bits(10), META)
    if count > 12_000:
        with pytest.raises(OutputError, match="free space"):
            write_strip(path, bits(count), META)
    else:
        write_strip(path, bits(count), META)
    assert [entry.name for entry in path.parent.iterdir()] == ["a.strip"]
    assert verify(path) and open_strip(path).samples.shape[1] == (10 if count > 12_000 else count)


def test_a_place_that_cannot_be_written_is_an_output_error(tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "file" / "x", tmp_path / "absent" / "x", tmp_path / "folder"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_strip(path, bits(3), {})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder"]


def test_a_header_that_could_not_be_read_again_is_refused(path, monkeypatch):
    monkeypatch.setattr(strip_file, "MAX_HEADER_BYTES", 1000)
    with pytest.raises(OutputError, match="legal up to 1000"):
        write_strip(path, bits(3), {"state": "x" * 1000})
    assert not list(path.parent.iterdir())


def test_a_header_that_is_no_json_leaves_nothing(path):
    with pytest.raises(TypeError):
        write_strip(path, bits(3), {"path": path})
    assert not list(path.parent.iterdir())
