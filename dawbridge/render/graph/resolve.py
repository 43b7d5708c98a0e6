"""From a session's device to one that a worker can host: its file is found, its values are as the host takes them."""

import base64

from dawbridge.devices import DeviceSpec
from dawbridge.devices.states import host_state
from dawbridge.errors import InputError, PluginError
from dawbridge.paths import find_plugin_file
from dawbridge.render.farm.job import JobCurve, JobDevice
from dawbridge.render.farm.quarantine import quarantined
from dawbridge.session.automation import TempoMap, curve_of
from dawbridge.session.device_spec import spec_of
from dawbridge.session.model import Device
from dawbridge.session.validation import NO_STATE


def resolve_device(device: Device, where: str) -> JobDevice:
    """`device` as a worker hosts it, without its automation and sidechain.

    Raises PluginError where the file is missing or quarantined, and InputError for a state that is not this plugin's.
    """
    spec = spec_of(device, where)
    if device.plugin is not None:
        raise PluginError(spec.label, _foreign(spec), where)
    found = spec.network_path or spec.dsp_path or find_plugin_file(spec.file_name)
    if found is None:
        raise PluginError(spec.label, f"is missing: no {spec.file_name} in the plugin folders", where)
    path = str(found.absolute())  # a worker may have started in another folder
    if spec.is_hosted and (reason := quarantined(path)):
        cure = "'dawbridge plugins list --retry' lets it try again"
        raise PluginError(spec.label, f"is quarantined: it {reason}; {cure}", where)
    if device.state is not None:
        _check_state(spec, device.state, where)
    values = spec.defaults | device.values if device.state is None else device.values
    return JobDevice(
        name=spec.name,
        label=spec.label,
        kind=spec.kind,
        path=path,
        channels=spec.channels,
        resets=spec.resets,
        settings=tuple(_setting(spec, name, value) for name, value in values.items()),
        state=device.state,
        takes_sidechain=spec.sidechain_channels > 0,
        is_instrument=spec.is_instrument,
        further_paths=() if spec.weights_path is None else (str(spec.weights_path),),
    )


def _foreign(spec: DeviceSpec) -> str:
    if not spec.is_hosted:
        return f"is missing: {spec.kind} plugins are not hosted here"
    return f"is missing: no table has the {spec.kind} class id {spec.class_id}; where it is installed, scan it"


def resolve_curves(device: Device, tempo: TempoMap, sample_rate: int, offset_samples: int) -> tuple[JobCurve, ...]:
    """The device's automation as a worker follows it, `offset_samples` later than in the session."""
    if device.plugin is not None:  # no host loads it
        return ()
    spec, curves = spec_of(device), []
    for name, automation in device.automation.items():
        label, index, _ = _setting(spec, name, automation.points[0].value)
        curves.append(JobCurve(name, label, index, curve_of(automation, tempo, sample_rate, offset_samples)))
    return tuple(curves)


def _setting(spec: DeviceSpec, name: str, value: float) -> tuple[str, int, float]:
    """(the host's name for the parameter, its index there or -1, the value as the host takes it)."""
    parameter = spec.parameter(name)
    if spec.kind == "faust":
        return name, -1, value
    if spec.kind == "neural":
        return name, -1, float(parameter.to_0to1(value))
    index = -1 if parameter.index is None else parameter.index
    return parameter.label or name, index, float(parameter.to_0to1(value))


def _check_state(spec: DeviceSpec, state: str, where: str) -> None:
    if not spec.is_hosted:
        raise InputError(f"{where} ({spec.name}): {NO_STATE}")
    try:
        host_state(spec, base64.b64decode(state, validate=True))
    except ValueError as error:
        raise InputError(f"{where}: its state is no base64 ({error}); save the session again") from None
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
