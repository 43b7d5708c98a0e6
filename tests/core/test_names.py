"""Every name becomes a file name of its own, and an item whose name is taken gets a number."""

import re

from hypothesis import given
from hypothesis import strategies as st

from dawbridge import names
from dawbridge.names import file_names, safe_file_name, unique_name

TRICKY = ["", ".", "..", "%", "%2E", "a.", "a ", " a", "con", "CON.txt", "nul ", "%63on", "a/b", "a\\b"]
TRICKY += ["é", "e\u0301", "?", "\ud800", "a%2Fb", "-", "x\0y"]
TRICKY += ["a" * 200, "a" * 201, "a" * 300, "b" + "a" * 299, "é" * 150]
NAMES = st.text(st.characters(exclude_categories=()), max_size=40)


@given(NAMES)
def test_any_name_becomes_a_safe_name(name):
    safe = safe_file_name(name)
    assert re.fullmatch(r"[A-Za-z0-9 ._%-]{1,200}", safe)
    assert not safe.startswith((".", " ")) and not safe.endswith((".", " "))
    assert safe.split(".")[0].strip().lower() not in names._RESERVED


@given(NAMES, NAMES)
def test_two_names_never_share_a_file(one, other):
    assert (safe_file_name(one) == safe_file_name(other)) == (one == other)


def test_tricky_names_stay_apart(tmp_path):
    safe = [safe_file_name(name) for name in TRICKY]
    assert len(set(safe)) == len(TRICKY)
    for name in safe:
        (tmp_path / f"{name}.wav").write_text(name)
    assert len(list(tmp_path.iterdir())) == len(TRICKY)


def test_a_plain_name_stays_as_it_is():
    assert safe_file_name("Lead Vox_2-b.take 1") == "Lead Vox_2-b.take 1"


@given(st.lists(NAMES, unique=True, max_size=20))
def test_file_names_differ_where_capitals_do_not_count(wanted):
    found = file_names(wanted)
    assert list(found) == wanted
    assert len({name.lower() for name in found.values()}) == len(wanted)


def test_file_names_are_cut_and_numbered():
    assert file_names(["abc", "abd", "ABE"], longest=2) == {"abc": "ab", "abd": "ab 2", "ABE": "AB 3"}


def test_a_taken_name_gets_the_first_free_number():
    assert unique_name("Vox", set()) == "Vox"
    assert unique_name("Vox", {"Vox"}) == "Vox 2"
    assert unique_name("Vox", {"Vox", "Vox 2", "Vox 4"}) == "Vox 3"
    assert unique_name("Vox", {"vox"}) == "Vox"


def test_separator_suffix_and_case_of_a_unique_name():
    assert unique_name("a", ["a"], separator="_") == "a_2"
    assert unique_name("a", {"a.wav"}, suffix=".wav") == "a 2.wav"
    assert unique_name("A", {"a", "a-2"}, separator="-", ignores_case=True) == "A-3"
