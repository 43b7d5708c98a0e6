"""Stores of strips in a folder of the test's own."""

import pytest

from dawbridge.render.store.strip_file import write_strip
from dawbridge.render.store.strip_store import StripStore
from numbered_strips import samples


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
