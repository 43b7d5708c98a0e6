"""Writes the settings of each device that REAPER cannot host to a file, so that they are not lost with the device."""

from dawbridge.files import write_bytes
from dawbridge.formats.reaper.writer.context import Export
from dawbridge.formats.reaper.writer.devices import reason_against
from dawbridge.session import Session
from dawbridge.session.frozen_model import FrozenModel
from dawbridge.session.model import MASTER, Device, Fader

FOLDER = "not carried"


def write_settings(session: Session, export: Export) -> None:
    """Write the settings files of `session`, which is the session before any device was bounced."""
    for name, fader in [*((channel.name, channel) for channel in session.channels), (MASTER, session.master)]:
        for number, device in _numbered(fader):
            if reason_against(device):
                file = f"{FOLDER}/{export.file_names[name]} {number} {device.device}.json"
                text = FrozenModel.model_dump_json(device, indent=1, exclude_defaults=True)
                write_bytes(export.path / file, text.encode())
                where = f"{export.where(name)} {number} ({device.device})"
                export.losses.add("device.device", where, f"its settings; they are in {file!r}")


def _numbered(fader: Fader) -> list[tuple[str, Device]]:
    instrument = getattr(fader, "instrument", None)
    rows = [(f"device {count}", device) for count, device in enumerate(fader.devices, start=1)]
    return rows if instrument is None else [("instrument", instrument), *rows]
