"""Versions of a session: `track/device/parameter=value` as one types it.

    Vox/eq/bell_1_gain_db=-3        the first `eq` of track, bus or master "Vox"; its second is eq:2
    Vox/channel/fader_db=-6         also pan_lr, trim_db, is_muted, is_soloed, is_inverted, output
    Vox/send:Verb/gain_db=-12       the send to bus "Verb"; also pan_lr, is_muted
    Vox/instrument/cutoff_hz=900    what plays its notes
    master/channel/fader_db=-1

A value that is set stays constant: automation of that parameter is removed.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from dawbridge.errors import InputError
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import MASTER, Device, Fader, Send, Session
from dawbridge.session.validation import check_session

_FORM = "TRACK/DEVICE/PARAMETER=VALUE"
_CHANNEL_SETTINGS = ("fader_db", "pan_lr", "trim_db", "is_muted", "is_soloed", "is_inverted", "output")
_SEND_SETTINGS = ("gain_db", "pan_lr", "is_muted")


def with_overrides(session: Session, settings: Iterable[str]) -> Session:
    """The session with every setting made, checked. Raises InputError that names the setting and what is legal."""
    for setting in settings:
        session = _with_setting(session, setting)
    check_session(session, "session after --set")
    return session


def _with_setting(session: Session, setting: str) -> Session:
    target, is_given, value = setting.rpartition("=")
    parts = target.rsplit("/", 2)
    if not is_given or len(parts) != 3 or not all(parts):
        raise InputError(f"setting {setting!r}: no {_FORM}; write it as Vox/eq/bell_1_gain_db=-3")
    name, device, parameter = parts
    where = f"setting {setting!r}"

    def change(channel: Fader) -> Fader:
        if device == "channel":
            return _set_field(channel, parameter, value, _CHANNEL_SETTINGS, where)
        if device.startswith("send:"):
            return _set_send(channel, device.removeprefix("send:"), parameter, value, where)
        return _set_device(channel, device, parameter, value, where)

    return _with_channel(session, name, change, where)


def _with_channel(session: Session, name: str, change: Callable[[Fader], Fader], where: str) -> Session:
    if name == MASTER:
        return session.model_copy(update={"master": change(session.master)})
    names = [channel.name for channel in session.channels]
    if name not in names:
        raise InputError(f"{where}: no track or bus {name!r}; there are {', '.join([*names, MASTER])}")
    rows = {
        kind: tuple(change(row) if row.name == name else row for row in getattr(session, kind))
        for kind in ("tracks", "buses")
    }
    return session.model_copy(update=rows)


Owner = TypeVar("Owner", bound=BaseModel)


def _set_field(owner: Owner, field: str, text: str, legal: tuple[str, ...], where: str) -> Owner:
    """`owner` with one of its fields read from the text; the model says what is legal."""
    legal = tuple(name for name in legal if name in type(owner).model_fields)
    if field not in legal:
        raise InputError(f"{where}: no setting {field!r} here; there are {', '.join(legal)}")
    data = owner.model_dump() | {field: text}
    data.get("automation", {}).pop(field, None)
    try:
        return type(owner).model_validate(data)
    except ValidationError as error:
        raise InputError(f"{where}: {error.errors(include_url=False)[0]['msg']}, got {text!r}") from None


def _set_send(channel: Fader, bus: str, parameter: str, value: str, where: str) -> Fader:
    sends: tuple[Send, ...] = getattr(channel, "sends", ())
    if bus not in [send.to for send in sends]:
        legal = ", ".join(send.to for send in sends) or "none"
        raise InputError(f"{where}: no send to {bus!r}; there are {legal}")
    rows = [_set_field(send, parameter, value, _SEND_SETTINGS, where) if send.to == bus else send for send in sends]
    return channel.model_copy(update={"sends": tuple(rows)})


def _set_device(channel: Fader, device: str, parameter: str, value: str, where: str) -> Fader:
    instrument = getattr(channel, "instrument", None)
    if device == "instrument" and instrument is not None:
        return channel.model_copy(update={"instrument": _set_value(instrument, parameter, value, where)})
    name, _, number = device.partition(":")
    indices = [index for index, row in enumerate(channel.devices) if row.device == name]
    wanted = int(number or "1") - 1 if (number or "1").isdecimal() else -1
    if not 0 <= wanted < len(indices):
        legal = ", ".join(row.device for row in channel.devices) or "no devices"
        raise InputError(f"{where}: no device {device!r} here; there are {legal}")
    rows = list(channel.devices)
    rows[indices[wanted]] = _set_value(rows[indices[wanted]], parameter, value, where)
    return channel.model_copy(update={"devices": tuple(rows)})


def _set_value(device: Device, parameter: str, text: str, where: str) -> Device:
    spec = spec_of(device, where).parameter(parameter, where)
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"{where}: {text!r} is no number; give one in {spec.range_text}") from None
    automation = {name: row for name, row in device.automation.items() if name != parameter}
    values = device.values | {parameter: spec.check(value, where)}
    return device.model_copy(update={"values": values, "automation": automation})
