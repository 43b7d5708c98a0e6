"""What parent and worker send each other arrives as it was sent, or is an error."""

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dawbridge.render.farm.wire import receive, send

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
trees = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
headers = st.dictionaries(st.text().filter(lambda key: key != "shape"), trees, max_size=5)
samples = st.none() | arrays(np.float32, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=20))


def sent(*messages) -> bytes:
    stream = io.BytesIO()
    for message in messages:
        send(stream, *message)
    return stream.getvalue()


class Dribble(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, data: bytes):
        self.rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        count = min(len(buffer), 3, len(self.rest))
        buffer[:count], self.rest = self.rest[:count], self.rest[count:]
        return count


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(headers, samples), max_size=4))
def test_messages_come_back_equal_and_in_order(messages):
    stream = io.BytesIO(sent(*messages))
    for header, array in messages:
        got_header, got = receive(stream)
        assert got_header == header
        assert (got is None) == (array is None)
        if array is not None:
            assert got.shape == array.shape and got.tobytes() == array.tobytes()
    assert stream.read() == b""


def test_a_slow_pipe_and_a_strided_array_change_nothing():
    array = np.arange(24, dtype=np.float64).reshape(4, 6)[::2, ::-1]
    header, got = receive(Dribble(sent(({"a": 1}, array))))
    assert header == {"a": 1}
    np.testing.assert_array_equal(got, array)


@pytest.mark.parametrize("array", [None, np.ones((2, 5), np.float32)])
def test_a_cut_message_is_the_end(array):
    data = sent(({"key": "value"}, array))
    for length in range(len(data)):
        with pytest.raises(EOFError):
            receive(io.BytesIO(data[:length]))


def message(header, payload: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<IQ", len(text), len(payload)) + text + payload


@pytest.mark.parametrize(
    "data",
    [
        b"\xff" * 12 + bytes(100),
        struct.pack("<IQ", 2, 2**60) + b"{}",
        message(b"no json"),
        message([1, 2]),
        message({"shape": [2, 5]}, bytes(12)),
        message({"shape": [1]}, bytes(3)),
        message(b"\xff\xfe"),
    ],
    ids=["huge header", "huge samples", "no JSON", "no object", "other shape", "half a sample", "no text"],
)
def test_garbage_is_a_value_error(data):
    with pytest.raises(ValueError):
        receive(io.BytesIO(data))
