"""What stands beside every competitor that others published: that the code is ours, and what their papers leave open.

A figure here is one of our re-implementation, made for this table's mixes and budgets: the authors' own code might do
better or worse. Only what a paper leaves open was ours to choose; where we left what it says, that is said too.
"""

BLACK_BOX = "what error is searched (here residual times log-mel distance, for all tracks at once)"
EAMI = (
    "our re-implementation of Zhou, Yu and Wu (2024), no code of theirs being public; the paper leaves open: the 16 "
    "parameters and their ranges (here the chain's), the first sigma and its decay, and how many samples a round has. "
    "Unlike theirs: one song alone, a smaller network that also reads the least-squares transfer, a faster Adam, and "
    "the rounds and epochs that the budget holds"
)

STATEMENTS = {
    "barchiesi_reiss": "our re-implementation of Barchiesi and Reiss (2010) from descriptions in papers that cite it; "
    "these leave open: the filters' lengths, the envelopes' hop, that both are fitted in turn, and what holds filters "
    "and envelopes back",
    "colonel_reiss": "our re-implementation of Colonel and Reiss (2021) from its abstract and papers that cite it; "
    "these leave open: the loss's details (here MRSD), Adam's steps, where it starts and when it ends. Unlike theirs: "
    "the effects are the chain's own, its compressor included",
    "cma_es": "CMA-ES (Hansen) by the `cmaes` package, in our set-up, restarts (IPOP, Auger and Hansen 2005) included; "
    f"the papers leave open: {BLACK_BOX}, where it starts (the middle of all ranges), and the first sigma",
    "spsa": "our re-implementation of Spall (1992), gains as in Spall (1998); the papers leave open: "
    f"{BLACK_BOX}, where it starts (the middle of all ranges), the first step and the first perturbation",
    **dict.fromkeys(
        ("eami", "eami_none", "eami_random", "eami_0.05", "eami_0.1", "eami_0.5", "eami_decaying"),
        EAMI,
    ),
}
MARK = "†"


def mark(competitor: str) -> str:
    """What follows a competitor's name where there is a statement on it."""
    return f" {MARK}" if competitor in STATEMENTS else ""


def statement_lines(competitors: list[str]) -> list[str]:
    """A line of Markdown for each statement on `competitors`, those it holds for named together."""
    names: dict[str, list[str]] = {}
    for name in dict.fromkeys(competitors):
        if name in STATEMENTS:
            names.setdefault(STATEMENTS[name], []).append(f"`{name}`")
    return [f"- {MARK} {', '.join(own)}: {text}." for text, own in names.items()]
