"""Plugins that failed twice are remembered with the reason, until their binary changes or someone says to retry."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import run
from dawbridge.errors import OutputError
from dawbridge.paths import find_plugin_file
from dawbridge.render.farm import quarantine as module
from dawbridge.render.farm.quarantine import clear, entries, quarantine, quarantined

ROOT = Path(__file__).resolve().parents[2]
ADD = """
import sys
from dawbridge.render.farm.quarantine import quarantine
for n in range(20):
    quarantine(f"{sys.argv[1]}/plugin {sys.argv[2]} {n}.so", f"Plugin {n}", "crashed (SIGSEGV)")
"""


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    """The user's own folder, which does not exist yet."""
    module._say_damaged.cache_clear()
    monkeypatch.setenv("DAWBRIDGE_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def plugin(tmp_path):
    """A plugin in one file."""
    (tmp_path / "bad.so").write_bytes(b"binary")
    return tmp_path / "bad.so"


def test_nothing_is_quarantined_at_first(plugin, data_folder):
    assert quarantined(plugin) is None and entries() == [] and clear() == []
    assert not data_folder.exists()


def test_a_plugin_is_quarantined_with_its_reason_until_cleared(plugin, tmp_path, monkeypatch):
    quarantine(plugin, "Bad", "crashed (SIGSEGV)")
    (tmp_path / "link.so").symlink_to(plugin)
    monkeypatch.chdir(tmp_path)
    for same in (plugin, str(plugin), "bad.so", tmp_path / "link.so"):
        assert quarantined(same) == "crashed (SIGSEGV)"
    assert quarantined(tmp_path / "other.so") is None
    assert [(entry.path, entry.label) for entry in entries()] == [(str(plugin), "Bad")]
    assert [entry.label for entry in clear()] == ["Bad"]
    assert quarantined(plugin) is None and entries() == []


def test_the_file_is_read_again_only_where_it_has_changed(plugin, monkeypatch):
    quarantine(plugin, "Bad", "crashed (SIGSEGV)")
    assert quarantined(plugin) == "crashed (SIGSEGV)"
    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", lambda self: pytest.fail("read again"))
        assert quarantined(plugin) == "crashed (SIGSEGV)"
    quarantine(plugin, "Bad", "gave NaN")
    assert quarantined(plugin) == "gave NaN"


def test_the_last_reason_holds(plugin):
    quarantine(plugin, "Bad", "crashed (SIGSEGV)")
    quarantine(plugin, "Bad", "gave NaN")
    assert quarantined(plugin) == "gave NaN" and len(entries()) == 1


def test_an_updated_plugin_is_tried_again(plugin):
    quarantine(plugin, "Bad", "crashed")
    times = plugin.stat()
    plugin.write_bytes(b"another binary")
    os.utime(plugin, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert quarantined(plugin) is None, "another size"
    quarantine(plugin, "Bad", "crashed")
    os.utime(plugin, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert quarantined(plugin) is None, "another time"
    plugin.unlink()
    assert quarantined(plugin) is None, "gone"


def test_a_bundle_counts_with_all_its_files(tmp_path):
    inner = tmp_path / "Bad.vst3" / "Contents" / "x86_64-linux" / "Bad.so"
    inner.parent.mkdir(parents=True)
    inner.write_bytes(b"binary")
    quarantine(tmp_path / "Bad.vst3", "Bad", "gave no answer")
    assert quarantined(tmp_path / "Bad.vst3") == "gave no answer"
    inner.write_bytes(b"an update")
    assert quarantined(tmp_path / "Bad.vst3") is None


DAMAGED = [b"", b"{", b"[]", b'{"plugins": 3}', b'{"plugins": [{}]}', b"\xff\xfe", b"[" * 100_000]
DAMAGED += [json.dumps({"plugins": [dict(path=1, label="", reason="", date="", size_bytes=1, mtime_ns=1)]}).encode()]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_an_empty_quarantine_and_said_once(content, plugin, data_folder, caplog):
    data_folder.mkdir()
    (data_folder / "quarantine.json").write_bytes(content)
    assert quarantined(plugin) is None and entries() == [] and clear() == []
    assert [record.message.count(": damaged (") for record in caplog.records] == [1]
    quarantine(plugin, "Bad", "crashed")
    assert quarantined(plugin) == "crashed"


def test_where_it_cannot_be_written_only_a_clear_fails(plugin, data_folder, caplog):
    data_folder.write_text("a file")
    quarantine(plugin, "Bad", "crashed")
    assert "cannot be written" in caplog.text
    data_folder.unlink()
    quarantine(plugin, "Bad", "crashed")
    (data_folder / "quarantine.lock").mkdir()
    with pytest.raises(OutputError, match="DAWBRIDGE_DATA"):
        clear()
    assert quarantined(plugin) == "crashed"


def test_two_processes_at_once_lose_nothing(tmp_path, data_folder):
    command = [sys.executable, "-c", ADD, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    processes = [subprocess.Popen([*command, name], env=environment) for name in "abc"]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert len(entries()) == 60
    assert [path.name for path in data_folder.iterdir()] == ["quarantine.json"]


def test_the_command_line_lists_and_clears(zam_plugins):
    path = find_plugin_file("ZamEQ2.vst3")
    quarantine(path, "ZamEQ2", "crashed (SIGSEGV), twice")
    (line,) = [line for line in run("plugins", "list").out.splitlines() if line.startswith("zam_eq2 ")]
    assert str(path) in line and "quarantined: it crashed (SIGSEGV), twice" in line and "--retry" in line
    answer = run("plugins", "list", "--retry")
    assert answer.out.splitlines()[0] == f"tried again: ZamEQ2 ({path}), which crashed (SIGSEGV), twice"
    assert "quarantined: " not in answer.out
    assert run("plugins", "list", "--retry").out.startswith("no plugin is quarantined\n")
