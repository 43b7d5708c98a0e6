"""The readers of DAW sessions over damaged files: the short twin of tools/fuzz_formats, and its own working."""

import random
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.damage import FAULTS, damaged
from fuzz.run import FORMATS, fixtures, fuzz

FILES = 120


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_or_refused(name):
    result = fuzz(name, FILES, seed=7, jobs=2)
    assert result.failures == [], result.text
    assert result.read + result.refused == FILES and result.read and result.refused


@pytest.mark.long
@pytest.mark.parametrize("name", FORMATS)
def test_twenty_thousand_damaged_files_are_read_or_refused(name):
    assert fuzz(name, 20000, seed=1, jobs=2).failures == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
@pytest.mark.parametrize("data", [b"", b"\n", b'<a b="1 2" c="x">\n <d/>\n</a>\n', bytes(range(256))])
def test_a_fault_takes_any_bytes(fault, data):
    for seed in range(50):
        assert isinstance(fault(data, [data, b"other"], random.Random(seed)), bytes)


def test_the_same_seed_gives_the_same_damage():
    contents = [path.read_bytes() for path in fixtures("dawproject")]
    made = [[damaged(contents[0], contents, random.Random(f"1 {n}")) for n in range(20)] for _ in range(2)]
    assert made[0] == made[1] and len(set(made[0])) > 10


def test_the_watch_sees_what_is_written_outside(tmp_path):
    lines = [
        "import os, sys; from pathlib import Path; from fuzz.watch import Watch",
        "box = Path(sys.argv[1]); watch = Watch(box / 'in')",
        "(box / 'in' / 'a').write_text('x'); assert watch.seen == []",
        "open('/dev/null', 'w'); (box / 'in' / 'a').read_text(); assert watch.seen == []",
        "(box / 'out').write_text('x'); os.link(box / 'out', box / 'in' / 'b'); print(watch.seen)",
    ]
    (tmp_path / "in").mkdir()
    tools = Path(__file__).resolve().parents[2] / "tools"
    command = [sys.executable, "-c", "\n".join(lines), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, env={"PYTHONPATH": str(tools)})
    assert done.stdout.count(f"{tmp_path}/out") == 1, done.stderr
