"""Bundles of all exported devices, built once for all tests."""

from pathlib import Path

import pytest

from dawbridge.formats.lv2 import write_bundles


@pytest.fixture(scope="session")
def lv2_folder(tmp_path_factory, cxx_compiler) -> Path:
    """A folder with a bundle of every device and one strip."""
    from exported_devices import ALL, INSTRUMENTS

    folder = tmp_path_factory.mktemp("lv2")
    write_bundles([*ALL, *INSTRUMENTS], folder)
    return folder
