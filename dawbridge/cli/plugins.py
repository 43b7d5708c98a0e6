"""`dawbridge plugins`: what there is, what it does, and tables for more."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dawbridge.errors import InputError, PluginError
from dawbridge.progress import progress_for
from dawbridge.units import format_value

if TYPE_CHECKING:
    from dawbridge.devices.spec import DeviceSpec

plugins_app = typer.Typer(help="Devices and plugin tables.", no_args_is_help=True, pretty_exceptions_enable=False)


@plugins_app.command("list")
def list_plugins(
    retry: Annotated[bool, typer.Option("--retry", help="Give every quarantined plugin another try.")] = False,
) -> None:
    """Every device, where its plugin was found, and why it is quarantined if it is.

    A table that cannot be read is named on standard error, and the exit code is 2 then.
    """
    from dawbridge.devices import readable_devices
    from dawbridge.paths import find_plugin_file
    from dawbridge.render.farm.quarantine import clear, quarantined

    if retry:
        cleared = [f"{entry.label} ({entry.path}), which {entry.reason}" for entry in clear()]
        print("\n".join(f"tried again: {line}" for line in cleared) or "no plugin is quarantined")
    devices, faults = readable_devices()
    width = max(map(len, devices))
    for name, spec in sorted(devices.items()):
        path = find_plugin_file(spec.file_name) if spec.is_hosted else spec.network_path
        location = path or ("not installed" if spec.is_hosted else "built in")
        reason = quarantined(path) if path and spec.is_hosted else None
        why = f"  quarantined: it {reason}; --retry gives it another try" if reason else ""
        print(f"{name:{width}} {spec.kind:6} {spec.label:26} {location}{why}")
    for fault in faults:
        print("dawbridge:", " ".join(str(fault).splitlines()), file=sys.stderr)
    if faults:
        raise typer.Exit(InputError.exit_code)


@plugins_app.command("show")
def show(name: Annotated[str, typer.Argument(help="A device's name.")]) -> None:
    """A device's parameters, with units and ranges."""
    from dawbridge.devices import get_device

    spec = get_device(name)
    print(f"{spec.name}: {spec.label} ({', '.join(_facts(spec))})")
    for parameter in spec.parameters:
        ends = f"{parameter.range_text} ({parameter.curve}), default {format_value(parameter.default, parameter.unit)}"
        print(f"  {parameter.name:28} {ends}")


def _facts(spec: "DeviceSpec") -> list[str]:
    """What there is to know before one uses it, the usual left out."""
    facts = [spec.kind, f"{spec.channels} channels", f"{spec.latency_samples} samples latency"]
    facts += ["an instrument"] if spec.is_instrument else []
    facts += ["takes a sidechain"] if spec.sidechain_channels else []
    facts += [f"sounds on for {spec.tail_s:.3g} s"] if spec.tail_s else []
    facts += [] if spec.resets else ["a fresh instance for each render"]
    facts += [] if spec.deterministic else ["not deterministic"]
    facts += [] if spec.keeps_silence else ["sounds over silence"]
    return facts + ([] if spec.state_survives else ["loses its state"])


@plugins_app.command("scan")
def scan(
    path: Annotated[Path, typer.Argument(help="A .vst3 bundle, a VST2 library, or a folder of them.")],
    name: Annotated[str | None, typer.Option(help="Name of the device (default: from the plugin's own).")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the tables (default: the user's own).")] = None,
) -> None:
    """Probe a plugin in a process of its own and write its table; of a folder, every plugin below it.

    Of a folder, a line for each says what came of it, and the exit code is 3 if any failed.
    """
    from dawbridge.paths import user_data_folder
    from dawbridge.render.probe import is_bundle, plugin_files, scan_to_table

    out = out or user_data_folder() / "plugins"
    if is_bundle(path) or not path.is_dir():
        table = scan_to_table(path, out, name)
        print(f"{table}: chains can name it {table.stem!r} now")
        return
    if name is not None:
        raise InputError(f"--name {name}: {path} is a folder, and each plugin needs its own; scan one alone")
    if not _scan_all(plugin_files(path), out):
        raise typer.Exit(PluginError.exit_code)


def _scan_all(paths: list[Path], out: Path) -> bool:
    """Whether all were scanned; a line is printed for each."""
    from dawbridge.render.probe import scan_all

    progress, failed = progress_for(sys.stderr), 0
    progress.start("scan", len(paths))
    for result in scan_all(paths, out):
        failed += result.table is None
        print(result.failure or f"{result.table}: {result.path}", flush=True)
        progress.advance(note=result.path.name)
    progress.close()
    print(f"{len(paths) - failed} tables written, {failed} failed")
    return not failed
