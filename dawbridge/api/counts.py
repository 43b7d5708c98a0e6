"""Whole numbers that a caller gives: budgets, seeds, numbers of songs."""

from dawbridge.errors import InputError

LARGEST_COUNT = 2**63 - 1  # the largest seed that a random generator takes


def check_counts(**counts: int | None) -> None:
    """InputError for a count below zero, or larger than a random generator takes as a seed."""
    for name, count in counts.items():
        if count is not None and count < 0:
            raise InputError(f"{name}={count} is below zero; give a whole number from 0 on")
        if count is not None and count > LARGEST_COUNT:
            raise InputError(f"{name}={count} is too large; give a whole number from 0 to 2^63 - 1")
