"""From a session to its audio: strips from the farm or the store, then faders, pans and the tail."""

import base64
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from dawbridge.audio import Audio
from dawbridge.render.farm.farm import Farm
from dawbridge.render.farm.job import BLOCK_SIZE
from dawbridge.render.graph.nodes import Node
from dawbridge.render.graph.plan import Plan, StripPlan
from dawbridge.render.graph.planner import make_plan, quick_digest
from dawbridge.render.graph.runner import run_graph
from dawbridge.render.graph.sources import Notes
from dawbridge.render.graph.tail import first_tail_s, has_ended, last_heard_samples, longer_tail_s
from dawbridge.render.store.digests import file_digest
from dawbridge.render.store.strip_file import StripFile
from dawbridge.render.store.strip_store import StripStore
from dawbridge.session.model import MASTER, Session, Track
from dawbridge.session.rendered import INSTRUMENT, Rendered


class Lazy(Mapping[str, Audio]):
    """Name → Audio, computed at each access: all audio of a song at once would take too much memory."""

    def __init__(self, makers: dict[str, Callable[[], Audio]]):
        self._makers = makers

    def __getitem__(self, name: str) -> Audio:
        return self._makers[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def render_session(
    session: Session,
    folder: Path,
    farm: Farm,
    store: StripStore | None = None,
    allows_missing: bool = False,
    progress: Callable[[str], None] = lambda name: None,
    with_strips: bool = True,
    block_size: int = BLOCK_SIZE,
) -> Rendered:
    """The session's audio. Its audio paths are relative to `folder`. `progress` gets each finished strip's name.

    `with_strips` gives every channel's signals, states and latency besides the mix. Raises InputError for unusable
    audio, and PluginError for a plugin that is missing, quarantined or fails twice.
    """
    store = StripStore(None) if store is None else store
    cache = store.folder
    digest = quick_digest if cache is None else lambda path: file_digest(path, cache)
    tail_s = first_tail_s(session) if session.tail_s == "auto" else session.tail_s
    while True:
        tail = round(tail_s * session.sample_rate)
        plan = make_plan(session, folder, allows_missing, digest, tail, block_size)
        rendered = render_plan(plan, farm, store, progress, with_strips)
        if session.tail_s != "auto":
            return rendered
        if has_ended(rendered.mix, session.length_samples) or (longer := longer_tail_s(tail_s)) is None:
            return rendered.cut(last_heard_samples(rendered.mix, session.length_samples))
        tail_s = longer


def render_plan(
    plan: Plan,
    farm: Farm,
    store: StripStore | None = None,
    progress: Callable[[str], None] = lambda name: None,
    with_strips: bool = True,
) -> Rendered:
    """The plan's audio. Arguments and errors as in `render_session`."""
    strips = plan.strips if with_strips else (plan.master,)
    wanted = [strip.node.key for strip in strips]
    wanted += [strip.dry.key for strip in strips if isinstance(strip.dry, Node)]
    names: defaultdict[str, list[str]] = defaultdict(list)  # two channels with the same sound share a node
    for strip in strips:
        names[strip.node.label].append(strip.name)

    def on_node_done(label: str) -> None:
        for name in names[label]:
            progress(name)

    with (StripStore(None) if store is None else store).run() as run:
        found = run_graph(plan.nodes, wanted, farm, run, on_node_done)
    return _Results(plan, strips, found).rendered()


class _Results:
    """The strips of a finished graph, as the parts of a Rendered."""

    def __init__(self, plan: Plan, strips: tuple[StripPlan, ...], found: dict[str, StripFile]):
        self.plan, self.found = plan, found
        self.channels = [strip for strip in strips if strip.name != MASTER]

    def rendered(self) -> Rendered:
        tracks = [strip for strip in self.channels if isinstance(strip.channel, Track)]
        return Rendered(
            mix=self._stem(self.plan.master),
            stems=Lazy({strip.name: self._maker(self._stem, strip) for strip in self.channels}),
            dry=Lazy({strip.name: self._maker(self._dry, strip) for strip in tracks}),
            wet=Lazy({strip.name: self._maker(self._wet, strip) for strip in self.channels}),
            states=dict(self._states()),
            latencies={strip.name: self._meta(strip)["latency_samples"] for strip in self.channels},
            bypassed=self.plan.bypassed,
            notes=tuple(dict.fromkeys([*self.plan.notes, *self._strip_notes()])),
        )

    def _strip_notes(self) -> list[str]:
        return [note for strip in self.found.values() for note in strip.meta["notes"]]

    def _maker(self, make: Callable[[StripPlan], Audio], strip: StripPlan) -> Callable[[], Audio]:
        return lambda: make(strip)

    def _stem(self, strip: StripPlan) -> Audio:
        samples = self.found[strip.node.key].samples
        if not strip.is_heard:
            return self._timeline(np.zeros_like(samples))
        return self._timeline(samples if strip.gains.is_identity else strip.gains.apply(samples))

    def _wet(self, strip: StripPlan) -> Audio:
        return self._timeline(self.found[strip.node.key].samples)

    def _dry(self, strip: StripPlan) -> Audio:
        if isinstance(strip.dry, Node):
            return self._timeline(self.found[strip.dry.key].samples)
        if isinstance(strip.dry, Notes):  # an instrument's notes are always a node
            raise TypeError(f"{strip.name}: notes have no audio of their own")
        return self._timeline(strip.dry.read())

    def _timeline(self, samples: np.ndarray) -> Audio:
        return Audio(samples[:, self.plan.pre_roll_samples :], self.plan.sample_rate)

    def _meta(self, strip: StripPlan) -> dict:
        return self.found[strip.node.key].meta

    def _states(self) -> Iterator[tuple[tuple[str, int], bytes]]:
        """((channel, device position or INSTRUMENT), preset file) of every plugin."""
        for strip in (*self.channels, self.plan.master):
            for number, state in self._meta(strip)["states"].items():
                yield (strip.name, strip.positions[int(number)]), base64.b64decode(state)
            if isinstance(strip.dry, Node):
                for state in self.found[strip.dry.key].meta["states"].values():
                    yield (strip.name, INSTRUMENT), base64.b64decode(state)
