"""Reads devices that dawbridge does not know as foreign ones, with all that is needed to write them again."""

import base64
import copy

import numpy as np
from lxml import etree

from dawbridge.devices.states import host_state
from dawbridge.devices.states.fxp import fxp_from_fxb
from dawbridge.errors import InputError
from dawbridge.formats.dawproject.reader.project import Project
from dawbridge.formats.dawproject.writer.foreign import INLINE
from dawbridge.session import Automation, Device, ForeignPlugin, spec_of
from dawbridge.session.model import FOREIGN

_LARGEST_INLINE = 4 * 2**20  # bytes of a state that is kept inside an element's attribute


def read_foreign(project: Project, element: etree._Element, plugin: ForeignPlugin, where: str) -> Device:
    """A plugin of any kind, with its state, values and automation."""
    values: dict[str, float] = {}
    moves: dict[str, Automation] = {}
    for row in element.iterfind("Parameters/RealParameter"):
        if row.get("parameterID") is None:
            continue
        number = project.document.whole(row, "parameterID", -(2**31), 2**31 - 1)
        lanes = project.arrangement.lanes_of(row)
        name = f"parameterID={number} unit={(lanes[0].unit if lanes else '') or row.get('unit', 'normalized')}"
        if (found := project.automation(row, lambda rows: rows, None)) is not None:
            moves[name] = found
        elif row.get("value") is not None:
            values[name] = project.document.number(row, "value")
    is_on = project.document.flag(element.find("Enabled"), "value", True)
    return Device(
        device=FOREIGN,
        plugin=plugin,
        values=values,
        automation=moves,
        is_bypassed=not is_on,
        state=_state(project, element, plugin, where),
    )


def _state(project: Project, element: etree._Element, plugin: ForeignPlugin, where: str) -> str | None:
    file = element.find("State")
    if file is None:
        return None
    spec = spec_of(Device(device=FOREIGN, plugin=plugin))
    try:
        data = project.archive.read(file.get("path", "").replace("\\", "/"))
        if plugin.kind == "vst2":
            data = fxp_from_fxb(data, f"{where} state")
        if spec.is_hosted:
            host_state(spec, data)
    except InputError as error:
        project.document.losses.add("foreign.state", where, f"its state ({error})")
        return None
    return base64.b64encode(data).decode()


def read_own(project: Project, element: etree._Element, where: str) -> Device:
    """A device of the format itself, or of a DAW. Its state is its element, which holds the state's file inline."""
    kept = copy.deepcopy(element)
    kept.tail = None
    for file in kept.iter("State"):
        data = b""
        try:
            data = project.archive.read(file.get("path", "").replace("\\", "/"))
        except InputError as error:
            project.document.losses.add("foreign.state", where, f"its state ({error})")
        if len(data) > _LARGEST_INLINE:
            project.document.losses.add("foreign.state", where, f"its state of {len(data)} bytes")
            data = b""
        file.set("path", INLINE + base64.b64encode(data).decode())
    moves = {}
    for row in element.iter():
        lanes = project.arrangement.lanes_of(row)
        if lanes and (found := project.automation(row, np.asarray, None)) is not None:
            moves[f"{row.get('id')} unit={lanes[0].unit or row.get('unit', 'linear')}"] = found
    tag = str(element.tag)
    identity, label = element.get("deviceID", tag)[:1000], element.get("deviceName", tag)[:1000]
    plugin = ForeignPlugin(kind="dawproject", id=identity, label=label)
    is_on = project.document.flag(element.find("Enabled"), "value", True)
    state = base64.b64encode(etree.tostring(kept)).decode()
    return Device(device=FOREIGN, plugin=plugin, state=state, automation=moves, is_bypassed=not is_on)
