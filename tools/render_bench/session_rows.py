"""A whole session, and again after one change, against a script of DawDreamer's own."""

from functools import partial

from dawbridge.session import read_session, write_session
from dawbridge.session.overrides import with_overrides
from render_bench.agreement import check_differs, check_same
from render_bench.bench import Bench, with_workers
from render_bench.processes import Run
from render_bench.table import Row

SCRIPT = "dawdreamer_session.py"
STRIPS = "dawdreamer_strips.py"  # slower, for comparison: an engine for strips, as dawbridge has
WORKERS = (1, 2)


def session_rows(bench: Bench) -> list[Row]:
    """Processor and wall time of the full render, and wall time of rendering again."""
    contestants = {
        "script": lambda number: bench.refer(SCRIPT, bench.built_in, "script"),
        "strips": lambda number: bench.refer(STRIPS, bench.built_in, "strips"),
    }
    for count in WORKERS:
        contestants[f"full{count}"] = partial(_full, bench, count)
        contestants[f"again{count}"] = partial(_again, bench, count)
    took = bench.race(contestants)
    _check(bench)
    return [*_full_rows(bench, took), *_again_rows(took)]


def _full(bench: Bench, workers: int, number: int) -> Run:
    return bench.render(bench.built_in, f"full{workers}", workers)


def _again(bench: Bench, workers: int, number: int) -> Run:
    return bench.render(bench.built_in, f"again{workers}", workers, "--set", _change(number), keeps_cache=True)


def _change(number: int) -> str:
    """Another value each round."""
    return f"t3/eq/bell_1_gain_db={5.0 + 0.5 * number}"


def _check(bench: Bench) -> None:
    """All mixes are the script's, that of the changed session too."""
    session = bench.folder / "changed.json"
    write_session(with_overrides(read_session(bench.built_in), (_change(bench.rounds - 1),)), session)
    bench.refer(SCRIPT, session, "script-changed")
    check_same(bench.mix("strips"), bench.mix("script"), "script of strips against that of one graph")
    for count in WORKERS:
        check_same(bench.mix(f"full{count}"), bench.mix("script"), "full render against the script")
        check_same(bench.mix(f"again{count}"), bench.mix("script-changed"), "render again against the script")
    check_differs(bench.mix("script"), bench.mix("script-changed"), "the changed session")


def _full_rows(bench: Bench, took: dict[str, Run]) -> list[Row]:
    script, what = took["script"], f"{bench.session} (EQ, compressor, reverb send), against the DawDreamer script"
    rows = [
        Row(f"CPU time, {what}, {with_workers(count)}", took[f"full{count}"].cpu_s, script.cpu_s, 1.10)
        for count in WORKERS
    ]
    slower = "against a script with an engine for strips"
    rows.append(Row(f"CPU time of the same, 1 worker, {slower}", took["full1"].cpu_s, took["strips"].cpu_s))
    rows.append(Row("wall time of the same, 1 worker", took["full1"].wall_s, script.wall_s))
    rows.append(Row("wall time of the same, 2 workers", took["full2"].wall_s, script.wall_s, 0.70, note="aim: 0.60"))
    rows.append(Row(f"wall time of the same, 2 workers, {slower}", took["full2"].wall_s, took["strips"].wall_s))
    return rows


def _again_rows(took: dict[str, Run]) -> list[Row]:
    what = "wall time of rendering again after one parameter changed, {}, against the full render"
    return [
        Row(what.format(with_workers(count)), took[f"again{count}"].wall_s, took[f"full{count}"].wall_s, 0.15)
        for count in WORKERS
    ]
