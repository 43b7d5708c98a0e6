"""The command line: every verb, its help, what it prints where, and how it ends."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import tiny_song
from command_line import ROOT, call, run
from dawbridge.audio import Audio, write_audio
from dawbridge.cli.main import app
from dawbridge.cli.options import losses_line
from dawbridge.cli.plugins import plugins_app
from dawbridge.session import Device, Session, write_session
from dawbridge.session.stem_folder import session_from_folder

RATE = tiny_song.RATE
VERBS = {"demo", "evaluate", "export", "import", "plugins", "recover", "render", "schema", "train", "translate"}


@pytest.fixture
def dawbridge(capsys, monkeypatch):
    """A function: arguments → the answer."""
    return lambda *arguments: call(capsys, monkeypatch, *arguments)


@pytest.fixture
def stems(tmp_path):
    return tiny_song.write_tracks(tmp_path / "stems", tiny_song.tracks(0.5))


@pytest.fixture
def session_file(stems):
    """A session of the stems, beside them."""
    session = session_from_folder(stems)
    softer = (Device(device="gain", values={"gain_db": -3}),)
    tracks = (track.model_copy(update={"devices": softer}) for track in session.tracks)
    write_session(session.with_tracks(tracks), stems / "session.json")
    return stems / "session.json"


def names_of(typer_app) -> set[str]:
    groups = {group.name for group in typer_app.registered_groups}
    return groups | {c.name or c.callback.__name__ for c in typer_app.registered_commands}


def test_the_verbs_are_these():
    assert names_of(app) == VERBS


COMMANDS = [(), *((verb,) for verb in sorted(VERBS)), *(("plugins", name) for name in sorted(names_of(plugins_app)))]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_help_runs_and_describes_every_option(command, dawbridge, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    answer = dawbridge(*command, "--help")
    assert (answer.code, answer.err) == (0, "")
    assert f"Usage: dawbridge {' '.join(command)}".strip() in answer.out
    for line in answer.out.splitlines():
        if line.startswith("│") and "--" in line:
            assert len(line.strip("│ ").split("  ")) > 1, f"an option without a description: {line}"


def test_the_module_runs_as_a_command():
    answer = run("--help")
    assert (answer.code, answer.err) == (0, "") and "recover" in answer.out


USAGE = {
    "an unknown verb": (["remaster"], "No such command 'remaster'. (see dawbridge --help)"),
    "no argument": (["evaluate", "a.wav"], "Missing argument 'EST'. (see dawbridge evaluate --help)"),
    "no folder": (["recover", "a", "b"], "Missing option '--out'. (see dawbridge recover --help)"),
    "too much": (["schema", "session", "chain"], "extra argument"),
    "an unknown option": (["render", "a", "--loud"], "No such option: --loud"),
    "no number": (["demo", "--seed", "x"], "Invalid value for '--seed'"),
    "an unknown schema": (["schema", "mix"], "unknown schema 'mix'; known are chain, session, inversion-metrics"),
    "an unknown method": (["train", "magic", "a.toml", "--out", "o"], "unknown method 'magic'; known are inversion"),
    "no configuration": (["train", "inversion", "a.toml", "--out", "o"], "configuration a.toml: cannot be read"),
    "an unknown device": (["plugins", "show", "gian"], "unknown device 'gian'; known are amsynth, "),
    "no session": (["render", "no.json", "--out", "o"], "no.json: cannot be read"),
    "no session to export": (["export", "no.json", "--format", "ardour", "--out", "o"], "no.json: cannot be read"),
    "an unknown format": (["export", "no.json", "--format", "cubase", "--out", "o"], "unknown format 'cubase'; known"),
    "no audio": (["evaluate", "no.wav", "no.wav"], "no.wav: no readable audio"),
    "a name too long": (["evaluate", "n" * 5000, "no.wav"], "no readable audio"),
    "a loudness out of range": (["evaluate", "a.wav", "b.wav", "--normalise", "20"], "normalise=20 outside -70…0 LUFS"),
    "no loudness": (["evaluate", "a.wav", "b.wav", "--normalise", "nan"], "normalise=nan outside -70…0 LUFS"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage_is_one_line_and_code_2(name, dawbridge, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, message = USAGE[name]
    assert message.lower() in dawbridge(*arguments).refusal(2).lower()
    assert not list(tmp_path.iterdir())


def test_nothing_asked_shows_the_help(dawbridge):
    answer = dawbridge()
    assert answer.code == 2 and answer.err == "" and "Usage: dawbridge" in answer.out


# Debugging, failures, interruption


def test_debug_shows_the_traceback_wherever_it_stands(tmp_path):
    for arguments in (("--debug", "evaluate", "no.wav", "no.wav"), ("evaluate", "no.wav", "no.wav", "--debug")):
        answer = run(*arguments)
        assert answer.code != 0 and "Traceback" in answer.err and "InputError" in answer.err


def test_an_error_nobody_foresaw_is_one_line_and_code_1(dawbridge, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError("line\nbreak")

    monkeypatch.setattr("dawbridge.api.schemas.schema_path", fail)
    answer = dawbridge("schema", "session")
    assert answer.code == 1 and answer.err == "dawbridge: ZeroDivisionError: line break (--debug shows where)\n"


def test_letters_the_terminal_does_not_know_are_no_failure(tmp_path):
    arguments = "evaluate", tmp_path / "Größe.wav", "no.wav"
    answer = run(*arguments, env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin"})
    assert "Gr\\xf6\\xdfe.wav" in answer.refusal(2)


def test_interrupting_ends_with_130_and_leaves_nothing(stems, tmp_path):
    write_audio(tmp_path / "mix.wav", Audio(np.random.default_rng(0).normal(0, 0.1, (2, 20 * RATE)), RATE))
    before = sorted(tmp_path.rglob("*"))
    arguments = "recover", stems, tmp_path / "mix.wav", "--out", tmp_path / "out", "--workers", "1"
    command = [sys.executable, "-u", "-m", "dawbridge", *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while "search" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    said = process.stderr.read()
    assert process.wait(120) == 130
    assert said.splitlines()[-1] == "dawbridge: interrupted; nothing was written" and "Traceback" not in said
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("module", ["typer", "dawbridge.cli.signals", "json"])
def test_interrupting_the_start_is_one_line_and_130(module):
    """While that module is loaded."""
    program = f"""
import os, signal, sys
class Finder:
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder)
sys.modules.pop({module!r}, None)
from dawbridge.__main__ import main
main()
"""
    done = subprocess.run([sys.executable, "-c", program, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "dawbridge: interrupted\n")


def test_a_start_that_ignores_interruption_still_does():
    program = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); from dawbridge.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", program, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_interruption_after_the_result_is_written_says_so(tmp_path):
    write_session(Session(sample_rate=8000, length_samples=80), tmp_path / "session.json")
    program = """
import os, signal, sys
import dawbridge.files as files
swap = files._swap
def swap_and_end(*arguments):
    swap(*arguments)
    os.kill(os.getpid(), signal.SIGTERM)
files._swap = swap_and_end
from dawbridge.__main__ import main
main()
"""
    arguments = "render", tmp_path / "session.json", "--out", tmp_path / "out", "--quiet", "--no-cache"
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    said = f"dawbridge: interrupted; written before that: {tmp_path / 'out'}\n"
    assert (done.returncode, done.stderr) == (143, said) and (tmp_path / "out/mix.wav").exists()


# The verbs with something to do (recover: test_recover.py, test_recover_out_folder.py, test_odd_input_*.py)


def test_render_writes_the_mix_and_says_so(session_file, tmp_path, dawbridge):
    answer = dawbridge("render", session_file, "--out", tmp_path / "out", "--workers", 1)
    assert answer.code == 0 and answer.out.startswith(f"{tmp_path / 'out' / 'mix.wav'}: 3 tracks, peak 0.")
    assert answer.err.startswith(f"rendering {tmp_path.name} …\n")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == [".dawbridge", "metrics.json", "mix.wav"]


def test_render_as_json_and_quiet(session_file, tmp_path, dawbridge):
    answer = dawbridge("render", session_file, "--out", tmp_path / "out", "--workers", 1, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert json.loads(answer.out) == json.loads((tmp_path / "out" / "metrics.json").read_text())
    answer = dawbridge("render", session_file, "--out", tmp_path / "out", "--workers", 1, "--quiet")
    assert (answer.code, answer.err) == (0, "") and answer.out.count("\n") == 1


@pytest.mark.parametrize("verb", [("render",), ("export", "--format", "presets")], ids=["render", "export"])
def test_a_session_and_its_audio_are_never_written_over(verb, session_file, dawbridge):
    before = sorted(session_file.parent.iterdir())
    for out in (session_file.parent, session_file.parent.parent):
        assert "holds the input" in dawbridge(*verb, session_file, "--out", out).refusal(2)
    assert sorted(session_file.parent.iterdir()) == before


def test_audio_that_is_missing_is_named(session_file, tmp_path, dawbridge):
    (session_file.parent / "keys.wav").unlink()
    answer = dawbridge("render", session_file, "--out", tmp_path / "out", "--quiet")
    assert "keys.wav: cannot be read (No such file or directory)" in answer.refusal(2)
    assert not (tmp_path / "out").exists()


def test_a_session_without_tracks_is_silence(tmp_path, dawbridge):
    write_session(Session(sample_rate=8000, length_samples=80), tmp_path / "session.json")
    answer = dawbridge("render", tmp_path / "session.json", "--out", tmp_path / "out", "--stems", "--json")
    assert json.loads(answer.out)["peak"] == 0


def test_export_tells_what_was_lost(session_file, tmp_path, dawbridge):
    answer = dawbridge("export", session_file, "--format", "ardour", "--out", tmp_path / "out", "--quiet")
    losses = json.loads((tmp_path / "out" / "losses.json").read_text())
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[0] == f"{tmp_path / 'out'}: {len(losses)} losses"
    assert len(answer.out.splitlines()) == 1 + len(losses)


def test_losses_are_counted_as_people_count(tmp_path):
    lines = [losses_line(tmp_path, count) for count in range(3)]
    listed = f", listed in {tmp_path / 'losses.json'}"
    assert lines == [f"{tmp_path}: 0 losses", f"{tmp_path}: 1 loss{listed}", f"{tmp_path}: 2 losses{listed}"]


def test_export_and_import_as_json_and_quiet(session_file, tmp_path, dawbridge):
    arguments = "export", session_file, "--format", "dawproject", "--out"
    answer = dawbridge(*arguments, tmp_path / "out", "--json")
    told = json.loads(answer.out)
    losses = json.loads((tmp_path / "out" / "losses.json").read_text())
    assert (answer.code, answer.err) == (0, "")
    assert told == {"out": str(tmp_path / "out"), "format": "dawproject", "losses": losses}
    (path,) = (tmp_path / "out").glob("*.dawproject")
    for flag in ("--quiet", "--json"):
        answer = dawbridge("import", path, "--out", tmp_path / flag, flag)
        assert (answer.code, answer.err) == (0, "") and answer.out.count("\n") == 1
    assert f"reading {tmp_path.name}.dawproject" in dawbridge("import", path, "--out", tmp_path / "loud").err


def test_recover_counts_losses(stems, tmp_path, dawbridge):
    arguments = "recover", stems, stems / "keys.wav", "--budget", 0, "--workers", 1, "--formats", "dawproject"
    answer = dawbridge(*arguments, "--out", tmp_path / "out", "--quiet")
    for place in ("presets", "daw/dawproject"):
        losses = json.loads((tmp_path / "out" / place / "losses.json").read_text())
        assert losses_line(tmp_path / "out" / place, len(losses)) in answer.out.splitlines()


def test_evaluate_prints_one_object(stems, tmp_path, dawbridge):
    answer = dawbridge("evaluate", stems / "keys.wav", stems / "keys.wav")
    figures = json.loads(answer.out)
    assert (answer.code, answer.err, answer.out.count("\n")) == (0, "", 1)
    assert figures["mae"] == 0 and figures["null_db"] == -400 and figures["normalised"]["mae"] == 0
    write_audio(tmp_path / "short.wav", Audio(np.ones((1, 5)), RATE))
    assert "the estimate 5; cut or pad" in dawbridge("evaluate", stems / "keys.wav", tmp_path / "short.wav").refusal(2)


def test_evaluate_of_silence_is_still_json(tmp_path, dawbridge):
    write_audio(tmp_path / "a.wav", Audio(np.zeros((1, RATE)), RATE))
    figures = json.loads(dawbridge("evaluate", tmp_path / "a.wav", tmp_path / "a.wav").out)
    assert figures["mae"] == 0 and figures["mrsd"] is None and figures["null_db"] is None and figures["notes"]


def test_plugins_list_and_show(dawbridge):
    listed = dawbridge("plugins", "list")
    assert listed.code == 0 and {"eq", "reverb", "zam_eq2"} <= {line.split()[0] for line in listed.out.splitlines()}
    shown = dawbridge("plugins", "show", "compressor")
    assert "threshold_db" in shown.out and "-60…0 dB (linear), default +0.00 dB" in shown.out


def test_a_broken_table_is_named_and_the_others_are_listed(tmp_path):
    for folder in ("plugins", "neural"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "odd.toml").write_text("not = [toml")
    whole = run("plugins", "list")
    answer = run("plugins", "list", env=os.environ | {"DAWBRIDGE_DATA": str(tmp_path)})
    assert (whole.code, answer.code) == (0, 2)
    assert {line.split()[0] for line in answer.out.splitlines()} >= {"eq", "reverb", "zam_eq2"}
    assert [line.split(" table ")[0] for line in answer.err.splitlines()] == ["dawbridge: plugin", "dawbridge: neural"]
    own = os.environ | {"DAWBRIDGE_DATA": str(tmp_path)}
    assert run("plugins", "show", "zam_eq2", env=own).code == 0
    assert "odd.toml" in run("plugins", "show", "odd", env=own).refusal(2)


@pytest.mark.parametrize("kind", ["session", "chain"])
def test_schemas_are_printed_as_published(kind, dawbridge):
    printed = json.loads(dawbridge("schema", kind).out)
    assert printed["title"].lower() == kind and "version" in printed["properties"]
