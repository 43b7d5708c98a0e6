"""Runs a graph of nodes: a strip comes from the store, or from the farm once the strips that it needs are there."""

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.render.farm.farm import Farm
from dawbridge.render.graph.nodes import Node
from dawbridge.render.store.strip_file import StripFile
from dawbridge.render.store.strip_store import StripRun

READERS = 4  # threads that read strips from disk; they mostly wait


def run_graph(
    nodes: dict[str, Node],
    wanted: Iterable[str],
    farm: Farm,
    run: StripRun,
    on_node_done: Callable[[str], None] = lambda label: None,
) -> dict[str, StripFile]:
    """Key → strip for every wanted key. `on_node_done` is called with the label of each finished node.

    Where a node fails, all nodes that do not depend on it are still rendered and kept, so that the next try starts from
    there. Then the first failure is raised.
    """
    with ThreadPoolExecutor(READERS, thread_name_prefix="strip reader") as readers:
        return _GraphRun(nodes, set(wanted), farm, run, on_node_done, readers).finish()


class _GraphRun:
    """The state of one run: strips found, being read or rendered, and waiting for others.

    A node is in exactly one of `found`, `waiting`, `fetching` and `rendering`, once it is needed.
    """

    def __init__(
        self,
        nodes: dict[str, Node],
        wanted: set[str],
        farm: Farm,
        run: StripRun,
        on_node_done: Callable[[str], None],
        readers: ThreadPoolExecutor,
    ):
        self.nodes, self.wanted, self.farm, self.run = nodes, wanted, farm, run
        self.on_node_done, self.readers = on_node_done, readers
        self.found: dict[str, StripFile] = {}
        self.waiting: dict[str, Node] = {}
        self.fetching: dict[Future, Node] = {}
        self.rendering: dict[Future, Node] = {}
        self.users: Counter[str] = Counter()  # how many nodes that wait or render need a key
        self.failures: list[DawbridgeError] = []
        self._ask_for(wanted)

    def _ask_for(self, keys: Iterable[str]) -> None:
        """Fetch or expect these strips, and whatever those need that have to be rendered."""
        ahead, seen = list(keys), {node.key for node in (*self.fetching.values(), *self.rendering.values())}
        while ahead:
            key = ahead.pop()
            if key in seen or key in self.found or key in self.waiting:
                continue
            seen.add(key)
            if self.run.has(key):
                self.fetching[self.readers.submit(self.run.find, key)] = self.nodes[key]
            else:
                ahead += self._expect(self.nodes[key])

    def _expect(self, node: Node) -> list[str]:
        """Note that the node has to be rendered. Returns the keys that it needs."""
        self.waiting[node.key] = node
        needs = list(dict.fromkeys(node.needs))
        self.users.update(needs)
        return needs

    def finish(self) -> dict[str, StripFile]:
        """Work until all wanted strips are there. Sums come first: they are quick, and free their inputs' memory."""
        heights = _heights(self.waiting)
        while self.waiting or self.fetching or self.rendering:
            for node in sorted(self._ready(), key=lambda node: (bool(node.job.devices), -heights.get(node.key, 0))):
                if len(self.rendering) > self.farm.workers:
                    break
                self._start(node)
            if not (self.fetching or self.rendering):
                break  # the remaining nodes need one that failed
            done, _ = wait([*self.fetching, *self.rendering], return_when=FIRST_COMPLETED)
            for future in done:
                self._take(future)
        if self.failures:
            raise self.failures[0]
        return {key: self.found[key] for key in self.wanted}

    def _ready(self) -> list[Node]:
        return [node for node in self.waiting.values() if all(key in self.found for key in node.needs)]

    def _start(self, node: Node) -> None:
        del self.waiting[node.key]
        failed = {failure.plugin for failure in self.failures if isinstance(failure, PluginError)}
        if any(plugin in failed for plugin in node.job.plugins):
            return  # it would fail as well, and may take a minute to do so
        self.run.reserve(node.key, 8 * node.job.length_samples)
        self.rendering[self.farm.submit(node.job_with_paths(self.run.path))] = node

    def _take(self, future: Future) -> None:
        if future in self.fetching:
            node = self.fetching.pop(future)
            if (strip := future.result()) is not None:
                self._found(node, strip)
            else:  # it was damaged, or another process has just removed it from the cache
                self._ask_for(self._expect(node))
            return
        node = self.rendering.pop(future)
        try:
            future.result()
            self._found(node, self.run.keep(node.key))
        except DawbridgeError as failure:
            self.failures.append(failure)
        self._release(node)

    def _found(self, node: Node, strip: StripFile) -> None:
        self.found[node.key] = strip
        self.on_node_done(node.label)

    def _release(self, node: Node) -> None:
        """Free the strips that only this node still needed."""
        for key in dict.fromkeys(node.needs):
            self.users[key] -= 1
            if not self.users[key] and key not in self.wanted and key in self.found:
                del self.found[key]
                self.run.release(key)


def _heights(missing: dict[str, Node]) -> dict[str, int]:
    """Key → how much work depends on the node, along the longest path. A device counts as much as three sums.

    Nodes with more work after them are rendered first.
    """
    after: dict[str, int] = {}
    for node in reversed(_in_order(missing)):
        height = after.setdefault(node.key, 0) + 1 + 3 * len(node.job.devices)
        for key in node.needs:
            after[key] = max(after.get(key, 0), height)
    return after


def _in_order(missing: dict[str, Node]) -> list[Node]:
    """The nodes in an order in which each comes after those that it needs."""
    ordered: dict[str, Node] = {}

    def visit(node: Node) -> None:
        if node.key in ordered:
            return
        for key in node.needs:
            if key in missing:
                visit(missing[key])
        ordered[node.key] = node

    for node in missing.values():
        visit(node)
    return list(ordered.values())
