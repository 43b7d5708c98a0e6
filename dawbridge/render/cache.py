"""The stem cache: strips already rendered, by the hash of everything that decides their samples."""

from collections import OrderedDict
from collections.abc import Iterator

from dawbridge.render.farm import Farm
from dawbridge.render.job import StripJob, StripResult

DEFAULT_BYTES = 2 * 2**30


class StemCache:
    """Strip results in memory, the least recently used dropped past `max_bytes`."""

    def __init__(self, max_bytes: int = DEFAULT_BYTES):
        self.max_bytes = max_bytes
        self.hits = 0
        self._results: OrderedDict[str, StripResult] = OrderedDict()

    @property
    def held_bytes(self) -> int:
        """What the results' samples take; more than `max_bytes` only where a single one does."""
        return sum(result.samples.nbytes for result in self._results.values())

    def render(self, farm: Farm, jobs: list[StripJob]) -> Iterator[StripResult]:
        """The results in the order of `jobs`; only strips that are not held go to the farm."""
        keys = [job.key() for job in jobs]
        results = {key: self._results[key] for key in keys if key in self._results}
        self.hits += sum(key in results for key in keys)
        wanted = {key: job for key, job in zip(keys, jobs) if key not in results}
        fresh = farm.render(list(wanted.values()))
        for key in keys:
            if key not in results:
                results[key] = next(fresh)
            self._keep(key, results[key])
            yield results[key]

    def _keep(self, key: str, result: StripResult) -> None:
        self._results[key] = result
        self._results.move_to_end(key)
        while self.held_bytes > self.max_bytes and len(self._results) > 1:
            self._results.popitem(last=False)
