"""What a route has besides its processors: mute, solo, polarity and trim."""

from dawbridge.formats.ardour.reader.automation import playing_list
from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip
from dawbridge.formats.ardour.reader.numbers import control_value, controllable, is_on
from dawbridge.formats.ardour.reader.vcas import Vcas
from dawbridge.formats.ardour.terms import AFTER_FADER, BEFORE_FADER, MAIN
from dawbridge.formats.loss import Losses


def read_switches(strip: ChannelStrip, vcas: Vcas, losses: Losses) -> None:
    """Sets the strip's mute, solo, polarity and trim. Raises InputError for absurd numbers."""
    _read_mute_and_solo(strip, vcas, losses)
    _read_input(strip, losses)


def _read_mute_and_solo(strip: ChannelStrip, vcas: Vcas, losses: Losses) -> None:
    route, element, where = strip.route, strip.route.element, strip.route.label
    from_vcas = vcas.switches(element)
    mute = element.find("MuteMaster")
    strip.mute_points = () if mute is None else tuple(mute.get("mute-point", "").split(","))
    is_muted = mute is not None and is_on(mute, "muted")
    strip.is_muted = is_muted or from_vcas.is_muted or control_value(element, "mute", where, 0.0) > 0.5
    solo, isolated = controllable(element, "solo"), controllable(element, "solo-iso")
    strip.is_soloed = (solo is not None and is_on(solo, "self-solo", is_on(solo, "value"))) or from_vcas.is_soloed
    counts = [None if solo is None else solo.get(f"soloed-by-{side}stream") for side in ("up", "down")]
    strip.is_let_through = None if None in counts else counts != ["0", "0"]
    strip.is_isolated = isolated is not None and is_on(isolated, "solo-isolated", is_on(isolated, "value"))
    if not is_on(element, "active", True):
        losses.add("foreign.inactive", route.label, "that it is switched off")
        strip.is_muted, strip.mute_points = True, (BEFORE_FADER, AFTER_FADER, MAIN)
    if playing_list(element, "mute") is not None:
        losses.add("foreign.mute_automation", route.label, "the automation of its mute")


def _read_input(strip: ChannelStrip, losses: Losses) -> None:
    """Polarity and trim. If only one side is inverted, the first side counts for both."""
    element, where = strip.route.element, strip.route.label
    phase = controllable(element, "phase")
    bits = "" if phase is None else phase.get("phase-invert", "")[: max(strip.route.width, 1)]
    if len(set(bits)) > 1:
        losses.add("foreign.mixed_polarity", where, "that only one side is inverted")
    has_polarity = element.find("Processor[@type='polarity']") is not None
    strip.is_inverted = has_polarity and bits[:1] == "1"
    trim = element.find("Processor[@type='trim']")
    if trim is not None and is_on(trim, "active", True):
        strip.trim = control_value(trim, "trimcontrol", where, 1.0)
        if playing_list(trim, "trim") is not None:
            losses.add("foreign.trim_automation", where, "the automation of its trim")
