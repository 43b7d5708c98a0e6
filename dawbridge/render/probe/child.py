"""A scan's child process: `python -m dawbridge.render.probe.child TASK PATH OUT.json`.

It loads the plugin at PATH, does TASK (a row of the table below) and writes JSON to OUT. A plugin that crashes or hangs
takes only this process with it. A failure that has a reason is written as {"failed": reason}.
"""

import json
import sys
from pathlib import Path
from typing import Any


def _describe(path: Path) -> dict:
    from dawbridge.render.probe.behaviour import measure_behaviour
    from dawbridge.render.probe.measure import measure_parameters

    rows = measure_parameters(path)
    movable = [row["index"] for row in rows if row["is_automatable"] and (row["texts"] or row["step_texts"])]
    return {"parameters": rows, "movable": movable} | measure_behaviour(path, movable)


def _keep_state(path: Path) -> bool:
    from dawbridge.render.probe.kept_state import state_survives

    return state_survives(path, **json.load(sys.stdin))


def _ask_vst3(path: Path) -> dict:
    from dawbridge.render.probe.vst3_info import read_vst3

    return read_vst3(path)


def _ask_vst2(path: Path) -> dict:
    from dawbridge.render.probe.vst2_info import read_vst2

    return read_vst2(path)


def _ask_pedalboard(path: Path) -> dict:
    """The class id is part of a preset, and pedalboard gives presets on every system."""
    import pedalboard

    plugin: Any = pedalboard.load_plugin(str(path))  # type: ignore[attr-defined]  # its stubs lack it
    class_id = plugin.preset_data[8:40].decode("ascii")
    return {"class_id": class_id, "vendor": plugin.manufacturer_name, "label": plugin.name, "parameters": []}


def _read_texts(path: Path) -> list[str]:
    from dawbridge.render.probe.measure import read_texts

    return read_texts(path, json.load(sys.stdin))


TASKS = {
    "describe": _describe,
    "state": _keep_state,
    "vst3": _ask_vst3,
    "vst2": _ask_vst2,
    "pedalboard": _ask_pedalboard,
    "texts": _read_texts,
}


def main(task: str, path: str, out: str) -> None:
    """Do the task; write its result, or why it failed."""
    try:
        found = TASKS[task](Path(path))
    except Exception as error:  # whatever a host raises is the plugin's failure, and the parent gets it
        found = {"failed": " ".join(f"{type(error).__name__}: {error}".split())}
    Path(out).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
