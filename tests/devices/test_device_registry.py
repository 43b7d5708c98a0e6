"""The registry of devices: a broken table costs its own device alone, and a new table is seen at once."""

from dataclasses import replace

import pytest
from lxml import etree

from dawbridge import paths
from dawbridge.devices import all_devices, find_plugin, get_device, neural_table, readable_devices
from dawbridge.devices.plugin_table import write_plugin_table
from dawbridge.errors import InputError
from dawbridge.formats.ardour.reader.plugins import known_spec
from dawbridge.paths import find_plugin_file
from strip_jobs import job


@pytest.fixture
def own_tables(tmp_path, monkeypatch):
    """The user's folder of plugin tables, empty."""
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path))
    (tmp_path / "plugins").mkdir()
    return tmp_path / "plugins"


def test_a_broken_table_costs_its_own_device_alone(own_tables):
    (own_tables / "broken.toml").write_text("not = [toml")
    assert "zam_eq2" in all_devices() and get_device("zam_eq2").kind == "vst3"
    devices, faults = readable_devices()
    assert devices == all_devices() and len(faults) == 1
    with pytest.raises(InputError, match=r"track 'a' device 1: plugin table .*broken\.toml"):
        get_device("broken", "track 'a' device 1")
    with pytest.raises(InputError, match="unknown device 'absent'; known are"):
        get_device("absent")


def test_a_broken_table_of_a_shipped_name_is_told_and_not_passed_over(own_tables):
    (own_tables / "zam_eq2.toml").write_text("not = [toml")
    assert "zam_comp" in all_devices()
    with pytest.raises(InputError, match=r"plugin table .*zam_eq2\.toml"):
        get_device("zam_eq2")


def test_a_table_written_by_this_process_is_seen_at_once(own_tables):
    spec = get_device("zam_eq2")
    assert "mine" not in all_devices()
    write_plugin_table(replace(spec, name="mine"), own_tables / "mine.toml")
    assert get_device("mine").class_id == spec.class_id
    write_plugin_table(replace(spec, name="mine", label="Mine, scanned again"), own_tables / "mine.toml")
    assert get_device("mine").label == "Mine, scanned again"


def test_a_table_that_another_process_wrote_is_seen_when_its_device_is_asked_for(own_tables):
    """As a worker sees it that was started before its parent scanned a plugin."""
    spec = get_device("zam_eq2")
    write_plugin_table(replace(spec, name="mine"), own_tables / "mine.text")
    assert "mine" not in all_devices()
    (own_tables / "mine.text").rename(own_tables / "mine.toml")
    assert get_device("mine").class_id == spec.class_id


def test_an_ardour_session_names_a_plugin_that_was_scanned_after_another_was_read(own_tables):
    spec = replace(get_device("zam_eq2"), name="mine", class_id="0123456789ABCDEF" * 2)
    node = etree.Element("Processor", {"type": "vst3", "unique-id": spec.class_id})
    assert known_spec(node) is None
    write_plugin_table(spec, own_tables / "mine.toml")
    assert known_spec(node) == spec


def test_a_plugin_file_is_searched_for_once_while_it_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("DAWBRIDGE_PLUGIN_PATH", str(tmp_path))
    assert find_plugin_file("Late.so") is None
    file = tmp_path / "maker" / "Late.so"
    file.parent.mkdir()
    file.touch()
    assert find_plugin_file("Late.so") == file
    with monkeypatch.context() as patch:
        patch.setattr(paths, "plugin_folders", lambda: pytest.fail("searched again"))
        assert find_plugin_file("Late.so") == file
    file.unlink()
    assert find_plugin_file("Late.so") is None


def test_a_candidate_reads_no_table(monkeypatch):
    job("tcn_tube")
    monkeypatch.setattr(neural_table.tomllib, "loads", lambda text: pytest.fail("read again"))
    job("tcn_tube")


def test_a_plugin_is_found_by_its_class_id_in_any_case():
    spec = get_device("zam_eq2")
    assert find_plugin("vst3", spec.class_id.lower()) == find_plugin("vst3", spec.class_id.upper()) == spec
    assert find_plugin("vst2", spec.class_id) is None and find_plugin("vst3", "0" * 32) is None
