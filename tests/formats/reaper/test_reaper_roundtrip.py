"""Sessions out to REAPER and back: the same mix, but for what the table of losses allows and names."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from carried_sessions import carried_sessions, make_sounds, rendered_of
from dawbridge.formats import Media
from dawbridge.formats.loss import allowed_losses
from dawbridge.formats.reaper import read, write
from dawbridge.names import safe_file_name
from dawbridge.session import Session
from session_differences import differences

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    return make_sounds(_with_sub(tmp_path_factory.mktemp("sounds")))


def _with_sub(folder: Path) -> Path:
    (folder / "sub").mkdir()
    return folder


def there_and_back(session: Session, sounds: Path, folder: Path):
    """(the session read back, losses of both ways)"""
    lost = write(session, rendered_of(session), folder / "out", sounds)
    found = [path for path in (folder / "out").iterdir() if path.suffix == ".rpp"]
    assert len(found) == 1 and found[0].stem == safe_file_name(session.name)[:100].rstrip(" .")
    again, lost_back = read(found[0], Media(folder / "in", links=True))
    return again, [*lost, *lost_back]


def check(session: Session, sounds: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        again, lost = there_and_back(session, sounds, folder)
        changed = differences(session, sounds, again, folder / "in")
        reported = {kind for loss in lost for kind in loss.kinds}
        assert not [row for row in changed if row[0] not in reported], (changed, lost)
        assert reported <= allowed_losses("reaper").keys()


@settings(max_examples=60, deadline=None, suppress_health_check=SLOW)
@given(session=carried_sessions())
def test_sessions_come_back(session, sounds):
    check(session, sounds)


@pytest.mark.long
@settings(max_examples=1000, deadline=None, suppress_health_check=SLOW)
@given(session=carried_sessions())
def test_many_sessions_come_back(session, sounds):
    check(session, sounds)
