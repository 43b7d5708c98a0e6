"""Chains: which devices a track gets, what is fixed and what is free to be found.

A chain file (JSON, in `presets/chains/` or the user's own) lists devices with fixed `values` and `free` ranges
in physical units, the same for the channel's fader and pan, and may give named tracks devices of their own.
"""

import json
import os
from pathlib import Path
from typing import Annotated

from pydantic import Field

from dawbridge.devices import get_device
from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec
from dawbridge.paths import data_folder
from dawbridge.session.file import json_object, validated
from dawbridge.session.frozen_model import FrozenModel
from dawbridge.session.validation import CHANNEL_SPECS, check_device

CHAIN_VERSION = 1

Range = tuple[float, float]


class ChainDevice(FrozenModel):
    """A device of a chain: fixed values, and free parameters with their range."""

    device: str
    values: dict[str, float] = Field(default_factory=dict)
    free: dict[str, Range] = Field(default_factory=dict)


class ChainChannel(FrozenModel):
    """The channel's fader and pan: a fixed value each, or a free range."""

    fader_db: Annotated[float, Field(ge=-120, le=24)] | Range = 0.0
    pan_lr: Annotated[float, Field(ge=-1, le=1)] | Range = 0.0


class TrackChain(FrozenModel):
    """A named track's own devices and channel."""

    devices: tuple[ChainDevice, ...] = ()
    channel: ChainChannel = ChainChannel()


class Chain(FrozenModel):
    """A chain for all tracks, and exceptions by track name."""

    version: Annotated[int, Field(ge=1, le=CHAIN_VERSION)] = CHAIN_VERSION
    name: str = "chain"
    description: str = ""
    devices: tuple[ChainDevice, ...] = ()
    channel: ChainChannel = ChainChannel()
    tracks: dict[str, TrackChain] = Field(default_factory=dict)

    def of_track(self, name: str) -> TrackChain:
        """The devices and channel that the track of that name gets."""
        return self.tracks.get(name) or TrackChain(devices=self.devices, channel=self.channel)


def chain_names() -> list[str]:
    """The chains that ship."""
    return sorted(path.stem for path in (data_folder("presets") / "chains").glob("*.json"))


def read_chain(name_or_path: str) -> Chain:
    """A shipped chain by name, or one from a JSON file. Raises InputError that says where the fault is."""
    path = Path(name_or_path)
    if name_or_path in chain_names():
        path = data_folder("presets") / "chains" / f"{name_or_path}.json"
    elif not os.path.isfile(name_or_path):  # pathlib's own raises for a name too long
        raise InputError(f"unknown chain {name_or_path!r}: neither a file nor one of {', '.join(chain_names())}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"chain {path}: cannot be read ({error})") from None
    chain = validated(Chain, json_object(text, f"chain {path}", CHAIN_VERSION), f"chain {path}")
    check_chain(chain, f"chain {path}")
    return chain


def encode_chain(chain: Chain) -> str:
    """The chain as JSON text that `read_chain` reads back equal."""
    return json.dumps(chain.model_dump(mode="json"), indent=1) + "\n"


def check_chain(chain: Chain, where: str) -> None:
    """InputError for an unknown device or parameter, a value or range that is out of range or empty."""
    check_track_chain(TrackChain(devices=chain.devices, channel=chain.channel), where)
    for name, own in chain.tracks.items():
        check_track_chain(own, f"{where}: track {name!r}")


def check_track_chain(chain: TrackChain, where: str) -> None:
    """The same for the chain of one track."""
    for number, device in enumerate(chain.devices, start=1):
        location = f"{where}: device {number}"
        check_device(device.device, device.values, location)
        for name, ends in device.free.items():
            spec = get_device(device.device).parameter(name, location)
            if name in device.values:
                raise InputError(f"{location} ({device.device}): {name} is both fixed and free; keep one")
            _check_range(spec, ends, f"{location} ({device.device})")
    for name, spec in CHANNEL_SPECS.items():
        if isinstance(ends := getattr(chain.channel, name), tuple):
            _check_range(spec, ends, f"{where}: channel")


def _check_range(spec: ParameterSpec, ends: Range, where: str) -> None:
    low, high = (spec.check(end, where) for end in ends)
    if low >= high:
        raise InputError(f"{where}: {spec.name} is free over {low:g}…{high:g}, which is empty; give low before high")
    if spec.curve == "boolean" and (low, high) != (0.0, 1.0):
        raise InputError(f"{where}: {spec.name} is on or off, so it is free over 0…1")
