"""What `recover` advises where the mix was not reached."""

from types import SimpleNamespace

import pytest

from dawbridge.methods.inversion.findings import advice

TRACKS = SimpleNamespace(audible=[0, 1])
SPENT, SMALL, ENDED = (2000, 1900), (60, 18), (2000, 300)


@pytest.mark.parametrize("budget, renders", [SPENT, SMALL, (0, 0)])
def test_a_budget_that_was_spent_or_small_is_blamed_first(budget, renders):
    assert advice(TRACKS, budget, renders) == "raise the budget, or try another chain"


def test_a_search_that_ended_by_itself_wants_another_chain():
    assert advice(TRACKS, *ENDED) == "try another chain"


def test_no_track_that_is_heard_has_a_setting():
    assert advice(SimpleNamespace(audible=[]), *SPENT) == "no track that is heard has a setting to be found"
