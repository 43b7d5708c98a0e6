"""What Zhou, Yu and Wu (2024) report, to stand beside our own figures: tables 1 and 2.

MAE and MRSD after loudness normalisation, means over a tenth of the songs. Their MRSD divides its log term by frames,
not by bins, and its window sizes are not given: only ratios within a table can be compared with ours.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """competitor: the name of what comes nearest to it here."""

    title: str
    competitor: str
    mae: float
    mrsd: float


ENST_DRUMS = (
    Published("EAMI", "eami", 0.033, 2.274),
    Published("Colonel and Reiss", "colonel_reiss", 0.041, 2.435),
    Published("Barchiesi and Reiss", "barchiesi_reiss", 0.063, 2.838),
    Published("Sum", "plain_sum", 0.158, 3.458),
    Published("Random", "random", 0.323, 5.124),
)
MEDLEYDB = (
    Published("EAMI", "eami", 0.082, 3.423),
    Published("Colonel and Reiss", "colonel_reiss", 0.091, 4.281),
    Published("Barchiesi and Reiss", "barchiesi_reiss", 0.122, 5.723),
    Published("Sum", "plain_sum", 0.226, 7.577),
    Published("Random", "random", 0.381, 11.127),
)
# Table 2, on MedleyDB.
SAMPLING_ABLATION = (
    Published("No sampling", "eami_none", 0.207, 5.643),
    Published("Random sampling", "eami_random", 0.178, 5.073),
    Published("σ = 0.05", "eami_0.05", 0.125, 4.235),
    Published("σ = 0.1", "eami_0.1", 0.127, 4.438),
    Published("σ = 0.5", "eami_0.5", 0.133, 4.574),
    Published("σ exponentially decreasing", "eami_decaying", 0.082, 3.423),
)
