"""A plan as a person reads it: every strip in order, its devices, where it goes and what moves."""

from dawbridge.curve import Curve
from dawbridge.render.plan import Plan, StripPlan
from dawbridge.session.model import MASTER, Bus, Channel, Send
from dawbridge.units import format_value, gain_to_db


def plan_text(plan: Plan) -> str:
    """One line per strip, and what is missing."""
    seconds = plan.length_samples / plan.sample_rate
    size = f"{plan.length_samples} samples at {plan.sample_rate} Hz ({seconds:.2f} s)"
    more = [f"{n} samples of {what}" for n, what in _edges(plan) if n]
    lines = [", ".join([f"{len(plan.strips) - 1} strips", size, *more])]
    lines += [f"  {_strip_text(strip)}" for strip in plan.strips if strip.name != MASTER or _is_busy(strip)]
    return "\n".join([*lines, *(f"  bypassed, missing here: {name}" for name in plan.bypassed)])


def _edges(plan: Plan) -> list[tuple[int, str]]:
    return [(plan.pre_roll_samples, "pre-roll"), (plan.tail_samples, "tail")]


def _is_busy(master: StripPlan) -> bool:
    return bool(master.devices) or not master.gains.is_identity


def _strip_text(strip: StripPlan) -> str:
    chain = " → ".join(_device_text(device) for device in strip.devices) or "no devices"
    kind = " (bus)" if isinstance(strip.channel, Bus) else ""
    text = f"{strip.name}{kind}: {chain} → channel ({_gains_text(strip)})"
    if not isinstance(strip.channel, Channel):
        return f"{text} → mix"
    sends = "".join(f", {_send_text(send)}" for send in strip.channel.sends)
    muted = ", muted" if strip.channel.is_muted else "" if strip.is_heard else ", not soloed"
    output = "mix" if strip.channel.output == MASTER else strip.channel.output
    return f"{text}{muted} → {output}{sends}"


def _device_text(device) -> str:
    moves = ["automated"] if device.curves else []
    moves += ["sidechain"] if device.sidechain is not None else []
    return f"{device.label} ({', '.join(moves)})" if moves else device.label


def _gains_text(strip: StripPlan) -> str:
    stage = strip.gains.stages[0]
    moving = [n for n, level in (("fader", stage.gain_db), ("pan", stage.pan_lr)) if isinstance(level, Curve)]
    if moving:
        return f"{' and '.join(moving)} automated"
    left, right = (format_value(gain_to_db(float(gain)), "dB") for gain in strip.gains.gains(0, 1)[:, 0])
    return f"left {left}, right {right}"


def _send_text(send: Send) -> str:
    level = "automated" if "gain_db" in send.automation else format_value(send.gain_db, "dB")
    kind = " before the fader" if send.is_pre_fader else ""
    return f"send {level}{kind}{', muted' if send.is_muted else ''} → {send.to}"
