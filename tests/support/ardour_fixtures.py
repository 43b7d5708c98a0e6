"""Fixtures of the tests of Ardour's writer: sounds, and whether LV2s can be had."""

from pathlib import Path

import pytest

from carried_sessions import make_sounds
from dawbridge.formats.ardour.writer import bundles


@pytest.fixture(scope="module")
def sounds(tmp_path_factory) -> Path:
    return make_sounds(tmp_path_factory.mktemp("sounds"))


@pytest.fixture
def no_lv2(monkeypatch):
    """No LV2 can be had."""
    monkeypatch.setattr(bundles.Bundles, "_fetch", lambda self, spec: "there is no compiler")


@pytest.fixture
def any_lv2(monkeypatch):
    """Every built-in device is an LV2, though nothing was compiled."""
    monkeypatch.setattr(bundles.Bundles, "_fetch", lambda self, spec: "" if bundles.can_leave(spec) else "it is none")
