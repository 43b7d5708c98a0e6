"""Strips made of a number: how a run of the store keeps and finds them, and which are in the cache."""

import hashlib

import numpy as np

from dawbridge.render.store.strip_file import write_strip
from dawbridge.render.store.strip_store import StripStore

LENGTH = 1000


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


def samples(number: int) -> np.ndarray:
    return np.full((2, LENGTH), number, dtype=np.float32)


def put(run, *numbers: int) -> None:
    """As a worker and the planner do."""
    for number in numbers:
        write_strip(run.reserve(key(number)), samples(number), {"number": number})
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
