"""How low the figures could be on this machine: what the parts cost that no renderer can leave out."""

import json
import shlex
from functools import partial
from pathlib import Path

from dawbridge.paths import find_plugin_file
from render_bench.bench import REFERENCES, Bench
from render_bench.host_rows import FILES
from render_bench.processes import Run, python, run
from render_bench.sounds import RATE, write_sounds
from render_bench.table import markdown_table

HERE = Path(__file__).resolve().parent
HOST_S = 10.0


def floors_text(bench: Bench) -> str:
    """Three tables with a line above each."""
    parts = [_two_at_once(bench), _again(bench)]
    if plugin := find_plugin_file(FILES[1]):
        parts.append(_hosts(bench, plugin))
    return "\n\n".join(parts)


def _two_at_once(bench: Bench) -> str:
    script = REFERENCES / "dawdreamer_strips.py"
    commands = [shlex.join(map(str, python(script, bench.built_in, bench.folder / f"{n}.wav"))) for n in (1, 2)]
    both = ["sh", "-c", f"{commands[0]} & {commands[1]} && wait $!"]
    took = bench.race({"one": lambda _: run(["sh", "-c", commands[0]]), "both": lambda _: run(both)})
    ratio = took["both"].wall_s / took["one"].wall_s / 2
    return f"Two scripts of bare engines at once on two cores take {ratio:.2f} of the time of the same two in a row."


def _again(bench: Bench) -> str:
    full, start = partial(bench.render, bench.built_in), python("-c", "import dawdreamer, numpy, soundfile")
    took = bench.race(
        {
            "full": lambda _: full("full", 2),
            "render again, nothing changed": lambda _: full("unchanged", 2, keeps_cache=True),
            "start Python, DawDreamer, numpy": lambda _: run(start),
        }
    )
    full_s = took.pop("full").wall_s
    parts = json.loads(run(python(HERE / "again_parts.py", bench.built_in)).printed)
    rows = {name: one.wall_s for name, one in took.items()} | parts
    table = [(name, f"{seconds:.3f}", f"{seconds / full_s:.3f}") for name, seconds in rows.items()]
    head = f"Rendering again: its parts, each alone, and their share of a full render with 2 workers ({full_s:.2f} s):"
    return f"{head}\n\n" + markdown_table([("part", "s", "share"), *table])


def _hosts(bench: Bench, plugin: Path) -> str:
    folder = bench.folder / "hosts"
    folder.mkdir(exist_ok=True)
    (audio,) = write_sounds(folder, 1, round(RATE * HOST_S))
    hosts = ("dawdreamer", "pedalboard")
    figures = [json.loads(_host(host, plugin, folder / audio).printed) for host in hosts]
    table = [(name, *(f"{1000 * figure[name]:.1f}" for figure in figures)) for name in figures[0]]
    head = f"{plugin.stem} in two hosts, {HOST_S:g} s of audio, milliseconds:\n\n"
    return head + markdown_table([("", *hosts), *table])


def _host(host: str, plugin: Path, audio: Path) -> Run:
    return run(python(HERE / "plugin_hosts.py", host, plugin, audio))
