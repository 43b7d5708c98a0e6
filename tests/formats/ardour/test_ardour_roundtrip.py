"""read(write(session)) is the session, and what it is not was said."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from ardour_fixtures import any_lv2, sounds  # noqa: F401
from carried_sessions import carried_sessions, rendered_of
from dawbridge.formats import Media, ardour
from session_differences import differences

HEALTH = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


def round_trip(session, sounds: Path) -> None:  # noqa: F811
    with tempfile.TemporaryDirectory() as out, tempfile.TemporaryDirectory() as back:
        lost = ardour.write(session, rendered_of(session), Path(out), sounds)
        (path,) = Path(out).glob("*.ardour")
        again, lost_again = ardour.read(path, Media(Path(back)))
        told = {kind for loss in (*lost, *lost_again) for kind in loss.kinds}
        changed = [row for row in differences(session, sounds, again, Path(back)) if row[0] not in told]
        assert changed == [], f"{changed} with {told}"


@settings(max_examples=25, deadline=None, suppress_health_check=HEALTH)
@given(session=carried_sessions())
def test_sessions_come_back(session, sounds, any_lv2):  # noqa: F811
    round_trip(session, sounds)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=HEALTH)
@given(session=carried_sessions())
def test_a_thousand_sessions_come_back(session, sounds, any_lv2):  # noqa: F811
    round_trip(session, sounds)
