"""Effects that are no VST, or a VST without an id: foreign devices that keep REAPER's own text.

The state of such a device is that text in base64, from `<AU ...` to its `>`. Only REAPER can use it.
"""

import base64

from dawbridge.errors import InputError
from dawbridge.formats.reaper.text import Block, parse, to_text
from dawbridge.session import Device, ForeignPlugin

_KINDS = {"AU": "au", "CLAP": "clap", "LV2": "lv2", "JS": "jsfx", "DX": "dx", "VIDEO_EFFECT": "reaper", "VST": "reaper"}
_LONGEST_NAME = 1000


def is_foreign(block: Block) -> bool:
    """Whether the block is an effect of these kinds."""
    return block.name in _KINDS


def foreign_device(block: Block) -> Device:
    """The foreign device that keeps the block."""
    rows = block.tokens[1:] + ["", ""]
    shown = rows[0][:_LONGEST_NAME] or block.name
    label = shown.split(": ", 1)[-1]
    state = base64.b64encode(to_text(block).encode()).decode()
    plugin = ForeignPlugin(kind=_KINDS[block.name], id=shown, label=label)
    return Device(device="foreign", plugin=plugin, state=state)


def foreign_block(device: Device) -> Block | None:
    """The block that the device keeps; None if it keeps none."""
    if device.state is None or device.plugin is None:
        return None
    try:
        block = parse(base64.b64decode(device.state, validate=True), "a foreign effect")
    except (InputError, ValueError):
        return None
    return block if _KINDS.get(block.name) == device.plugin.kind else None
