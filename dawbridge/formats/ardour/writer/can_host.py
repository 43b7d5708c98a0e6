"""Can a device live in Ardour? The reason why not, for a Loss."""

from dawbridge.devices import DeviceSpec
from dawbridge.formats.ardour.own_processor import is_own
from dawbridge.formats.ardour.writer.bundles import Bundles
from dawbridge.session import Device, spec_of


def reason_against(device: Device, bundles: Bundles) -> str:
    """Empty where Ardour can have the device."""
    spec = spec_of(device)
    if device.plugin is not None:
        return _foreign_reason(device, spec)
    if spec.is_hosted:
        return ""
    if spec.kind == "neural":
        return f"{spec.label} is a network, which no plugin plays"
    return bundles.missing(spec)


def _foreign_reason(device: Device, spec: DeviceSpec) -> str:
    if spec.is_hosted:
        return "" if spec.class_id else f"{spec.label} has no class id"
    return "" if is_own(device) else f"its state is not Ardour's, which alone can say how {spec.kind} stands there"
