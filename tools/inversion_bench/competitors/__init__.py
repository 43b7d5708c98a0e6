"""All ways to invert a mix that are compared, by name; each module loads when it is asked for."""

from bench_parts.competitors import load_competitor
from inversion_bench.competitors.interface import Answer, Competitor, Task

__all__ = ["COMPETITORS", "Answer", "Competitor", "Task", "get_competitor"]

# name → module and function of this package
COMPETITORS = {
    "plain_sum": ("plain", "plain_sum"),
    "random": ("plain", "random_parameters"),
    "gain_and_pan": ("plain", "gain_and_pan"),
    "barchiesi_reiss": ("barchiesi_reiss", "barchiesi_reiss"),
    "cma_es": ("cma_es", "cma_es"),
    "spsa": ("spsa", "spsa"),
    "eami": ("eami", "eami"),
    "eami_none": ("eami", "without_sampling"),
    "eami_random": ("eami", "random_sampling"),
    "eami_0.05": ("eami", "narrow"),
    "eami_0.1": ("eami", "medium"),
    "eami_0.5": ("eami", "wide"),
    "eami_decaying": ("eami", "eami"),
    "network": ("network", "network"),
    "network_first": ("network", "network_first"),
    "ours": ("ours", "ours"),
    "colonel_reiss": ("gradient", "colonel_reiss"),
}


def get_competitor(name: str) -> Competitor:
    """The competitor of that name, or an InputError that lists them."""
    return load_competitor(__name__, COMPETITORS, name)
