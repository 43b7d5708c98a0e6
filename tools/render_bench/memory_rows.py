"""The most memory that a large session takes, all processes together."""

import shutil

from render_bench.bench import Bench
from render_bench.memory import PeakWatch
from render_bench.processes import render_command, run
from render_bench.sessions import make_sounds, write_built_in
from render_bench.table import Row

SOUNDS = 4  # files; settings differ from track to track, so strips do
CACHE_GIB = "4"
WORKERS = 2
MOST_GIB = 3.0


def memory_rows(bench: Bench) -> list[Row]:
    """One row: the peak against what is allowed."""
    folder, watch = bench.folder / "memory", PeakWatch()
    folder.mkdir(exist_ok=True)
    session = write_built_in(folder / "session.json", bench.memory, make_sounds(folder, bench.memory, SOUNDS))
    places = {"DAWBRIDGE_CACHE": str(folder / "cache"), "DAWBRIDGE_CACHE_GIB": CACHE_GIB}
    took = run(render_command(session, folder / "out", WORKERS), places, watch.start)
    watch.stop()
    shutil.rmtree(folder)
    what = f"peak memory, {bench.memory}, all processes together, against {MOST_GIB:g} GiB"
    peak = watch.peak
    note = f"{peak.files / 2**30:.2f} GiB of it are mapped files; took {took.wall_s:.1f} s"
    return [Row(what, peak.total / 2**30, MOST_GIB, 1.0, "GiB", note)]
