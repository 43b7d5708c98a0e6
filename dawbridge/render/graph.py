"""Runs a graph of nodes: what is wanted and not yet known goes to the farm, as soon as what it needs is there."""

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait

from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.render.farm import Farm
from dawbridge.render.job import StripResult
from dawbridge.render.nodes import Node
from dawbridge.render.store import StripRun
from dawbridge.render.strip_file import StripFile

Told = Callable[[str], None]


def run_graph(
    nodes: dict[str, Node], wanted: Iterable[str], farm: Farm, run: StripRun, told: Told = lambda label: None
) -> dict[str, StripFile]:
    """Key → the strip, for every node that is wanted or was needed. `told` gets the label of each as it is there.

    Where one fails, all that does not depend on it is still rendered and kept, so that the next try starts from
    there; then the first failure is raised.
    """
    found, missing = _look_up(nodes, wanted, run, told)
    running: dict[Future[StripResult], Node] = {}
    failures: list[DawbridgeError] = []
    heights = _heights(missing)
    waiting = sorted(missing.values(), key=lambda node: -heights[node.key])
    while waiting or running:
        for node in [node for node in waiting if all(key in found for key in node.needs)]:
            if len(running) > farm.workers:
                break
            waiting.remove(node)
            if not _is_lost(node, failures):
                running[farm.submit(node.job_with_paths(run.path))] = node
        if not running:
            break  # the rest needs what failed
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            node = running.pop(future)
            try:
                future.result()
                found[node.key] = run.keep(node.key)
                told(node.label)
            except DawbridgeError as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return found


def _look_up(nodes: dict[str, Node], wanted: Iterable[str], run: StripRun, told: Told):
    """(what is there, what has to be rendered): looked for from the end, so that what nobody needs is not opened."""
    found: dict[str, StripFile] = {}
    missing: dict[str, Node] = {}
    ahead = list(wanted)
    while ahead:
        key = ahead.pop()
        if key in found or key in missing:
            continue
        if (strip := run.find(key)) is not None:
            found[key] = strip
            told(nodes[key].label)
        else:
            missing[key] = nodes[key]
            ahead += nodes[key].needs
    return found, missing


def _heights(missing: dict[str, Node]) -> dict[str, int]:
    """How much work follows each node: what has the longest way to go comes first. A device weighs as three sums."""
    after: dict[str, int] = {}
    for node in reversed(_in_order(missing)):
        height = after.setdefault(node.key, 0) + 1 + 3 * len(node.job.devices)
        for key in node.needs:
            after[key] = max(after.get(key, 0), height)
    return after


def _in_order(missing: dict[str, Node]) -> list[Node]:
    """The nodes, each after those it needs."""
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


def _is_lost(node: Node, failures: list[DawbridgeError]) -> bool:
    """Whether it hosts a plugin that has just failed: it would fail as well, and may take a minute to do so."""
    failed = {failure.plugin for failure in failures if isinstance(failure, PluginError)}
    return any(plugin in failed for plugin in node.job.plugins)
