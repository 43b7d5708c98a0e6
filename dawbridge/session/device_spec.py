"""A session's device → its spec, be it known or foreign."""

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.session.model import Device


def spec_of(device: Device, where: str = "") -> DeviceSpec:
    """The spec of the device; InputError for a name that nothing knows. A foreign plugin's has no parameters."""
    if device.plugin is None:
        return get_device(device.device, where)
    plugin = device.plugin
    return DeviceSpec(device.device, plugin.kind, plugin.label or plugin.id, (), "", class_id=plugin.id)
