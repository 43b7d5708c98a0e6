"""Scan a plugin: what it is, its parameters in physical units, and how it behaves, as a DeviceSpec.

Everything that loads the plugin runs in child processes (`process`, `child`). Here their answers are checked and put
together. A plugin is not trusted: what it answers is only ever data.
"""

import re
import time
from pathlib import Path

from dawbridge.devices.builtin_table import BUILTIN
from dawbridge.devices.plugin_table import write_plugin_table
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import InputError, PluginError
from dawbridge.params import ParameterSpec
from dawbridge.render.probe.curve import fit_curve, physical_default, pinned
from dawbridge.render.probe.files import KIND_OF_SUFFIX, kind_of
from dawbridge.render.probe.names import device_name, parameter_names
from dawbridge.render.probe.process import run_task
from dawbridge.render.probe.text import parse_text

ASK_LIMIT_S = 20.0
# Flags of VST3 parameters that are no part of a mix: read only, hidden, program change, bypass.
_IGNORED_FLAGS = 1 << 1 | 1 << 4 | 1 << 15 | 1 << 16


def scan_plugin(path: Path, timeout_s: float = 60.0, name: str | None = None) -> DeviceSpec:
    """The plugin file or bundle at `path`, described as a device. `name` replaces the name made from its label.

    Raises InputError where there is no plugin file, and PluginError that names the plugin where it crashes,
    hangs longer than `timeout_s`, is no plugin, or has other channels than a chain takes: 1 → 1, 2 → 2, either
    with a sidechain of further inputs, or none → 1 or 2 for an instrument.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind is None or not path.exists():
        raise InputError(f"{path}: no plugin; give a .vst3 or a VST2 file ({', '.join(KIND_OF_SUFFIX)})")
    started_s = time.monotonic()
    described = run_task("describe", path, timeout_s)
    asked = _ask(kind, path, timeout_s - (time.monotonic() - started_s))
    try:
        asked["state_survives"] = _state_survives(path, described)
        return _device(kind, path, described, asked, name)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, InputError) as error:
        raise PluginError(path.name, f"described itself in a way that makes no sense ({error})") from None


def scan_to_table(path: Path, folder: Path, name: str | None = None) -> Path:
    """Scan the plugin and write its table into `folder`; the table's path.

    Raises what `scan_plugin` raises, and InputError for a name that no device can have.
    """
    if name is not None:
        _check_name(name)
    device = scan_plugin(path, name=name)
    table = folder / f"{device.name}.toml"
    write_plugin_table(device, table)
    return table


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise InputError(f"name {name!r}: use a-z, 0-9 and _")
    if name in {device.name for device in BUILTIN}:
        raise InputError(f"name {name!r}: a built-in device has it; choose another")


def read_texts(path: Path, wanted: list[tuple[str | int, float]], timeout_s: float = 60.0) -> list[str]:
    """The plugin's own text, with its unit, for each (label or index of a parameter, position in 0..1).

    They are read from a fresh instance in a child process. Raises PluginError as `scan_plugin` does.
    """
    return run_task("texts", Path(path), timeout_s, [list(pair) for pair in wanted])


def _ask(kind: str, path: Path, left_s: float) -> dict:
    """Class id, vendor, label and, for VST3, ParamIDs. Empty where the plugin gives none: it is hosted anyway."""
    limit_s = min(max(left_s, 1.0), ASK_LIMIT_S)
    for task in ("vst3", "pedalboard") if kind == "vst3" else ("vst2",):
        try:
            return run_task(task, path, limit_s)
        except PluginError:
            continue
    return {"class_id": "", "vendor": "", "label": path.stem, "parameters": []}


def _state_survives(path: Path, described: dict) -> bool:
    """Whether a saved state brings the sound back. False where the plugin crashes or hangs over it."""
    wanted = {"indices": described["movable"], "is_deterministic": described["deterministic"]}
    try:
        return bool(run_task("state", path, ASK_LIMIT_S, wanted))
    except PluginError:
        return False


def _device(kind: str, path: Path, described: dict, asked: dict, name: str | None) -> DeviceSpec:
    if not described["is_finite"]:
        raise PluginError(path.name, "gave NaN or Inf; it cannot stand in a chain")
    label = str(asked["label"]) or path.stem
    channels, sidechain_channels = _channels(path, described["inputs"], described["outputs"])
    return DeviceSpec(
        name=name or device_name(label),
        kind=kind,
        label=label,
        parameters=_parameters(kind, described["parameters"], asked.get("parameters", [])),
        file_name=path.name,
        channels=channels,
        latency_samples=int(described["latency_samples"]),
        resets=bool(described["resets"]),
        deterministic=bool(described["deterministic"]),
        keeps_silence=bool(described["keeps_silence"]),
        is_instrument=described["inputs"] == 0,
        sidechain_channels=sidechain_channels,
        tail_s=float(described["tail_s"]),
        state_survives=asked["state_survives"],
        class_id=str(asked["class_id"]),
        vendor=str(asked["vendor"]),
    )


def _channels(path: Path, inputs: int, outputs: int) -> tuple[int, int]:
    """How many main channels, and how many of a sidechain: those are the inputs beyond the number of outputs."""
    if outputs in (1, 2) and (inputs == 0 or inputs >= outputs):
        return outputs, max(inputs - outputs, 0)
    legal = "1 → 1, 2 → 2, more inputs for a sidechain, and none for an instrument"
    raise PluginError(path.name, f"has {inputs} inputs and {outputs} outputs; a chain takes {legal}")


def _parameters(kind: str, rows: list[dict], infos: list[dict]) -> tuple[ParameterSpec, ...]:
    pairs = [(row, info) for row, info in _matched(rows, infos) if not _is_hosts(row, info)]
    labels = [row["label"] for row, _ in pairs]
    all_labels = [row["label"] for row in rows]
    fits = [pinned(_fit(kind, row), row["position"], parse_text(row["text"], row["unit"])) for row, _ in pairs]
    names = parameter_names(labels, [fit.get("unit", "") for fit in fits])
    return tuple(
        ParameterSpec(
            name=name,
            default=physical_default(fit, row["position"]),
            label=row["label"],
            param_id=info.get("param_id"),
            # Hosts number a VST3's parameters differently, so the index matters only where a label is not unique.
            index=row["index"] if kind == "vst2" or all_labels.count(row["label"]) > 1 else None,
            **fit,
        )
        for name, (row, info), fit in zip(names, pairs, fits, strict=True)
    )


def _matched(rows: list[dict], infos: list[dict]) -> list[tuple[dict, dict]]:
    """Each of the host's rows with the next of the binary's own rows of that name, or with {}."""
    remaining = list(infos)
    pairs: list[tuple[dict, dict]] = []
    for row in rows:
        info = next((info for info in remaining if info["title"] == row["label"]), {})
        if info:
            remaining.remove(info)
        pairs.append((row, info))
    return pairs


def _is_hosts(row: dict, info: dict) -> bool:
    """Whether it is no setting of a mix: the host's own parameter, a meter or a program. VST2 tells less of this."""
    is_unmeasured = not row["texts"] and not row["step_texts"]
    return is_unmeasured or (bool(info["flags"] & _IGNORED_FLAGS) if info else not row["is_automatable"])


def _fit(kind: str, row: dict) -> dict:
    undeclared: list[str] | None = [] if kind == "vst3" else None
    fit = fit_curve(row["texts"], row["unit"], row["step_texts"] or undeclared)
    is_ratio = row["label"].lower().endswith("ratio") and not fit.get("unit") and fit["minimum"] >= 1.0
    return fit | {"unit": "ratio"} if is_ratio else fit
