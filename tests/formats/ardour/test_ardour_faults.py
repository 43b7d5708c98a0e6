"""Broken and hostile sessions of Ardour are refused in one line; and the fixtures are in order."""

from pathlib import Path

import pytest

from ardour_faults import FAULTS
from ardour_fixture_texts import FOLDER, feature_text, files
from dawbridge.errors import InputError
from dawbridge.formats import Media, ardour
from dawbridge.formats.loss import allowed_losses


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_in_one_line_that_names_the_file(name, tmp_path):
    path = FOLDER / "corrupted" / f"{name}.ardour"
    with pytest.raises(InputError) as caught:
        ardour.read(path, Media(tmp_path / "out"))
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").rglob("secret*"))


@pytest.mark.parametrize("path", ["gone.ardour", "."])
def test_no_file_is_an_input_error(path, tmp_path):
    with pytest.raises(InputError, match=str(tmp_path)):
        ardour.read(tmp_path / path, Media(tmp_path / "out"))


@pytest.mark.parametrize("size", [100, 1000, 3000, 6000])
def test_cut_anywhere_it_is_refused(size, tmp_path):
    path = tmp_path / "cut.ardour"
    path.write_bytes(feature_text("sends").encode()[:size])
    with pytest.raises(InputError):
        ardour.read(path, Media(tmp_path / "out"))


def test_every_kind_of_loss_has_a_row_and_is_used():
    source = "".join(path.read_text() for path in Path(ardour.__file__).parent.glob("reader/*.py"))
    foreign = [kind for kind in allowed_losses("ardour") if kind.startswith("foreign.")]
    assert [kind for kind in foreign if f'"{kind}"' not in source] == []


def test_the_fixtures_are_what_their_texts_say():
    assert {name: (FOLDER / name).read_bytes() for name in files()} == files()
