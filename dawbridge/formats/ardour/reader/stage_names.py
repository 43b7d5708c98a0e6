"""Unique channel names for the stages of all strips."""

from dawbridge.formats.ardour.reader.channel_strip import ChannelStrip
from dawbridge.formats.loss import Losses
from dawbridge.names import unique_name
from dawbridge.session.model import MASTER


class StageNames:
    """The names of one session's channels. The master's last stage is the session's master.

    main: the name of what counts as the master for outputs: the master's first stage
    """

    def __init__(self, strips: list[ChannelStrip], losses: Losses) -> None:
        self._taken = {MASTER}
        self._names: dict[tuple[str, int], str] = {}
        for strip in strips:
            self._add(strip, losses)
        master_id = next((strip.route.id for strip in strips if strip.route.kind == "master"), "")
        self.main = self.first(master_id) or MASTER

    def name(self, strip: ChannelStrip, stage: int) -> str:
        """The name of the strip's stage (counted from 0)."""
        return self._names[strip.route.id, stage]

    def first(self, route_id: str) -> str | None:
        """The name of the first stage of that route, which takes its input; None for an unknown route."""
        return self._names.get((route_id, 0))

    def add(self, wanted: str) -> str:
        """`wanted`, or `unnamed` if it is empty; with a number if that is taken."""
        name = unique_name(wanted or "unnamed", self._taken)
        self._taken.add(name)
        return name

    def _add(self, strip: ChannelStrip, losses: Losses) -> None:
        route, count = strip.route, len(strip.stages)
        for stage in range(count):
            if route.kind == "master" and stage == count - 1:
                self._names[route.id, stage] = MASTER
                continue
            wanted = route.name if stage == 0 and route.kind != "master" else f"{route.name}, part {stage + 1}"
            name = self.add(wanted)
            self._names[route.id, stage] = name
            if name != wanted:
                losses.add("channel.name", route.label, "its name", f"it is taken or empty; here it is {name!r}")
