"""The master of an Ardour session as a session's master, with buses before it where it needs them."""

from typing import Any

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip
from dawbridge.formats.ardour.reader.channels import stage_devices, trim_db
from dawbridge.formats.ardour.reader.level_and_pan import check_level_range, level_and_pan
from dawbridge.formats.ardour.reader.sidechains import Sidechains
from dawbridge.formats.ardour.reader.stage_names import StageNames
from dawbridge.formats.ardour.reader.stereo_gains import StereoGains, constant_gains
from dawbridge.formats.loss import Losses
from dawbridge.session import Bus, Device, Master

_MOST_GAIN_DB = 24.0  # of the gain device


def make_master(
    strip: ChannelStrip | None, names: StageNames, sidechains: Sidechains, rate: int, losses: Losses
) -> tuple[Master, list[Bus]]:
    """The master, and a bus for each of its stages but the last. Without a strip, a plain master."""
    if strip is None:
        return Master(), []

    def level_fields(gains: StereoGains) -> dict[str, Any]:
        return level_and_pan(check_level_range(gains, losses, "master"), 2, rate).fields("fader_db")

    *early, final = strip.stages
    devices = _input_devices(strip)
    if strip.is_muted:
        losses.add("foreign.master_mute", "master", "its mute")
    buses = []
    for number, stage in enumerate(early):
        name, output = names.name(strip, number), names.name(strip, number + 1)
        fields, own = level_fields(stage.fader), devices if number == 0 else ()
        rows = (*own, *stage_devices(stage, sidechains, "master"))
        buses.append(Bus(name=name, output=output, devices=rows, **fields))
    for stage in strip.stages:
        if any(send.target for send in stage.sends):
            losses.add("foreign.master_send", "master", "its sends")
    mute = 0.0 if strip.is_muted else 1.0
    gains = final.fader * strip.pan * constant_gains(mute, mute)
    rows = (*(() if early else devices), *stage_devices(final, sidechains, "master"))
    return Master(devices=rows, **level_fields(gains)), buses


def _input_devices(strip: ChannelStrip) -> tuple[Device, ...]:
    """The strip's trim and polarity as devices, because a session's master has neither."""
    rows = []
    if level := trim_db(strip):
        gain_db = min(max(level, -_MOST_GAIN_DB), _MOST_GAIN_DB)
        rows.append(Device(device="gain", values={"gain_db": gain_db}))
    if strip.is_inverted:
        rows.append(Device(device="polarity", values={"inverted": 1.0}))
    return tuple(rows)
