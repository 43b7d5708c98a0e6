"""Whether Ardour can host a device. Goes into `make_playable`, which bounces what cannot be hosted."""

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.processor_state import is_processor_state
from dawbridge.formats.ardour.writer.bundles import Bundles
from dawbridge.session import Device, spec_of


def reason_against(device: Device, bundles: Bundles) -> str:
    """Why Ardour cannot host the device, for a Loss; empty if it can. Fetches the LV2 bundle of a built-in device."""
    spec = spec_of(device)
    if device.plugin is not None:
        return _reason_of_foreign(device, spec)
    if spec.is_hosted:
        return ""
    if spec.kind == "neural":
        return f"{spec.label} is a neural network, which no plugin runs"
    return bundles.reason_missing(spec)


def _reason_of_foreign(device: Device, spec: DeviceSpec) -> str:
    if spec.is_hosted:
        return "" if spec.class_id else f"{spec.label} has no class id"
    if is_processor_state(device):
        return ""
    return f"its state was not saved by Ardour, which alone can describe a plugin of kind {spec.kind}"
