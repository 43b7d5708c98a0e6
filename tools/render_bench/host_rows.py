"""Plugins in other hosts: pedalboard, and Ardour's own export. Rows are skipped where something is missing."""

from functools import partial
from pathlib import Path

from dawbridge.paths import find_plugin_file
from render_bench.agreement import check_null
from render_bench.ardour import Ardour, find_ardour
from render_bench.bench import Bench, with_workers
from render_bench.processes import Run, python, run
from render_bench.sessions import Size, make_sounds, write_zam
from render_bench.table import Row

FILES = ("ZamEQ2.vst3", "ZamCompX2.vst3")
NO_PLUGINS = "plugins missing: run tools/fetch_plugins"
NO_ARDOUR = "Ardour missing: run tools/fetch_plugins --ardour"
CHAIN = "ZamEQ2 and ZamCompX2 per track"
AGAINST_PEDALBOARD = f"wall time, {CHAIN}, {{}}, against pedalboard, one process"
AGAINST_ARDOUR = "wall time of the same, {}, against Ardour's export"
LONGEST_TRY_S = 300.0
SHORT_S = 1.0


def host_rows(bench: Bench) -> list[Row]:
    """Against pedalboard, then against Ardour."""
    plugins = [path for path in map(find_plugin_file, FILES) if path]
    program = find_ardour()
    if len(plugins) < len(FILES):
        return [_skipped(AGAINST_PEDALBOARD, 1.0, NO_PLUGINS), _skipped(AGAINST_ARDOUR, 0.33, NO_PLUGINS)]
    contestants = {f"zam{count}": partial(_full, bench, count) for count in (1, 2)}
    contestants["pedalboard"] = lambda number: bench.refer("pedalboard_session.py", bench.zam, "pedalboard", *plugins)
    if program:
        ardour = _ready(bench, Path(program), plugins)
        contestants |= {name: partial(_export, bench, ardour, name) for name in ("ardour", "ardour-short")}
    took = bench.race(contestants)
    rows = _pedalboard_rows(bench, took)
    return rows + (_ardour_rows(bench, took) if program else [_skipped(AGAINST_ARDOUR, 0.33, NO_ARDOUR)])


def _full(bench: Bench, workers: int, number: int) -> Run:
    return bench.render(bench.zam, f"zam{workers}", workers)


def _skipped(what: str, at_most: float, reason: str) -> Row:
    return Row(what.format(with_workers(2)), at_most=at_most, skipped=reason)


def _pedalboard_rows(bench: Bench, took: dict[str, Run]) -> list[Row]:
    nulls = [check_null(bench.mix(f"zam{n}"), bench.mix("pedalboard"), "render against pedalboard") for n in (1, 2)]
    return _both(AGAINST_PEDALBOARD, took, took["pedalboard"], 1.0, f"the mixes null at {max(nulls):.0f} dB")


def _ardour_rows(bench: Bench, took: dict[str, Run]) -> list[Row]:
    null_db = max(check_null(bench.mix(f"zam{n}"), bench.mix("ardour"), "render against Ardour") for n in (1, 2))
    load_s = took["ardour-short"].wall_s
    note = f"Ardour has one core; {load_s:.2f} s of it are its load time; the mixes null at {null_db:.0f} dB"
    return _both(AGAINST_ARDOUR, took, took["ardour"], 0.33, note)


def _both(what: str, took: dict[str, Run], reference: Run, at_most: float, note: str) -> list[Row]:
    """With one worker for comparison, with two against the bound."""
    return [
        Row(what.format(with_workers(count)), took[f"zam{count}"].wall_s, reference.wall_s, bound, note=note)
        for count, bound in ((1, None), (2, at_most))
    ]


def _ready(bench: Bench, program: Path, plugins: list[Path]) -> Ardour:
    """Ardour with its plugins known, and the session and a second's twin of it exported for it."""
    home = bench.folder / "ardour-home"
    home.mkdir(exist_ok=True)
    ardour = Ardour(program, home)
    ardour.scan(plugins)
    short = Size(bench.session.tracks, SHORT_S)
    folder = bench.folder / "short"
    folder.mkdir(exist_ok=True)
    sessions = {"ardour": bench.zam, "ardour-short": write_zam(folder / "zam.json", short, make_sounds(folder, short))}
    for name, session in sessions.items():
        out = _session_folder(bench, name)
        run(python("-m", "dawbridge", "export", session, "--format", "ardour", "--out", out, "--quiet"))
    return ardour


def _session_folder(bench: Bench, name: str) -> Path:
    return bench.folder / f"{name}-session"


def _export(bench: Bench, ardour: Ardour, name: str, number: int) -> Run:
    """The least of what its tries took that ended well; its processor time is not known."""
    export = ardour.export_file(_session_folder(bench, name), LONGEST_TRY_S)
    bench.mix(name).parent.mkdir(exist_ok=True)
    export.path.replace(bench.mix(name))
    return Run(export.wall_s, 0.0)
