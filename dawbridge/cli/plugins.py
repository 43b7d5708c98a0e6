"""`dawbridge plugins`: what there is, what it does, and tables for more."""

from pathlib import Path
from typing import Annotated

import typer

from dawbridge.units import format_value

plugins_app = typer.Typer(
    help="Devices and plugin tables.", no_args_is_help=True, pretty_exceptions_enable=False
)


@plugins_app.command("list")
def list_plugins() -> None:
    """Every device, and where its plugin was found."""
    from dawbridge.devices import all_devices
    from dawbridge.places import find_plugin_file

    for name, spec in sorted(all_devices().items()):
        place = "built in" if not spec.is_hosted else find_plugin_file(spec.file_name) or "not installed"
        print(f"{name:20} {spec.kind:6} {spec.label:26} {place}")


@plugins_app.command("show")
def show(name: Annotated[str, typer.Argument(help="A device's name.")]) -> None:
    """A device's parameters, with units and ranges."""
    from dawbridge.devices import get_device

    spec = get_device(name)
    print(f"{spec.name}: {spec.label} ({spec.kind}, {spec.channels} channels, {spec.latency_samples} samples latency)")
    for parameter in spec.parameters:
        ends = f"{parameter.range_text} ({parameter.curve}), default {format_value(parameter.default, parameter.unit)}"
        print(f"  {parameter.name:28} {ends}")


@plugins_app.command("scan")
def scan(
    path: Annotated[Path, typer.Argument(help="A .vst3 bundle or a VST2 library.")],
    name: Annotated[str | None, typer.Option(help="Name of the device (default: from the plugin's own).")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the table (default: the user's own).")] = None,
) -> None:
    """Probe a plugin in a process of its own and write its table."""
    from dawbridge.places import user_data_folder
    from dawbridge.render.probe.scan import scan_to_table

    table = scan_to_table(path, out or user_data_folder() / "plugins", name)
    print(f"{table}: chains can name it {table.stem!r} now")
