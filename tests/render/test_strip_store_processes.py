"""The cache survives what other processes do to it."""

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from numbered_strips import get, held, put

pytest_plugins = ("store_fixtures",)

ROOT = Path(__file__).resolve().parents[2]


OPERATE = """
import random, sys
from pathlib import Path
from numbered_strips import get, put
from dawbridge.render.store.strip_store import StripStore

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
from numbered_strips import get, put
from dawbridge.render.store import strip_file
from dawbridge.render.store.strip_store import StripStore

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
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))}
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
