"""Plugins that crash, hang or give garbage: the render says which, and the farm goes on."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from dawbridge.errors import DawbridgeError, PluginError
from dawbridge.params import ParameterSpec
from dawbridge.render.farm import worker_thread as thread_module
from dawbridge.render.farm.farm import RENDER_LIMIT_S, Farm
from dawbridge.render.farm.processes import exit_words
from living import have_ended, is_alive, lasting_threads, workers_of
from strip_jobs import job, noise

pytest_plugins = ("fault_plugins",)

HANG_LIMIT_S = 1.0


@pytest.fixture(scope="module")
def farm():
    """One for all faults: that each test finds it working is part of the test."""
    with Farm(2) as farm:
        yield farm


def check_farm_works(farm) -> None:
    """As many strips at once as there are workers, so that none can have been lost."""
    jobs = [job(("gain", {"gain_db": 6.0}), samples=noise(seed=seed)) for seed in range(3 * farm.workers)]
    for each, result in zip(jobs, farm.render(jobs), strict=True):
        np.testing.assert_allclose(result.samples, each.audio * 10 ** (6 / 20), atol=1e-6)
    assert len(farm.worker_pids) <= farm.workers


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("CRASH", "crashed (SIGABRT), twice"),
        ("CRASH_ON_LOAD", "crashed (SIGABRT), twice"),
        ("EXIT", "crashed (exit code 0), twice"),
        ("CRASH_LATE", "crashed (SIGABRT), twice"),
        ("NOT_A_NUMBER", "gave NaN or Inf in the block at sample 0, twice"),
        ("NAN_LATE", "gave NaN or Inf in the block at sample 1536, twice"),
        ("DELAY_GROWS", "changes its latency while it runs (100, 100, 200 samples), twice"),
    ],
)
def test_a_fault_names_its_plugin_and_the_farm_goes_on(farm, add_faulty, fault, reason):
    name = add_faulty(fault)
    with pytest.raises(PluginError) as error:
        list(farm.render([job("eq", name, "gain")]))
    assert str(error.value) == f"plugin 'The {name}' {reason}"
    assert (error.value.plugin, error.value.reason, error.value.exit_code) == (f"The {name}", reason, 3)
    assert farm.failures[-1] == f"EQ → The {name} → Gain: {reason.removesuffix(', twice')}"
    check_farm_works(farm)


@pytest.mark.parametrize("fault", ["HANG", "HANG_ON_LOAD"])
def test_a_plugin_that_hangs_is_stopped_and_named(add_faulty, fault):
    with Farm(1, limit_s=HANG_LIMIT_S) as farm:
        bad = job(add_faulty(fault), samples=noise(480))
        with pytest.raises(PluginError, match=rf"'The fault_{fault.lower()}' gave no answer within 1 s, twice"):
            list(farm.render([bad]))
        farm.limit_s = RENDER_LIMIT_S
        check_farm_works(farm)


def test_one_bad_strip_among_many_does_not_block_the_rest(farm, add_faulty):
    bad = add_faulty("CRASH")
    results = farm.render([job("gain"), job(bad), *(job("eq", samples=noise(seed=n)) for n in range(8))])
    assert next(results).samples.shape == (2, 4800)
    with pytest.raises(PluginError, match=bad):
        next(results)
    check_farm_works(farm)


def test_several_bad_strips_at_once(farm, add_faulty):
    names = [add_faulty("CRASH"), add_faulty("NOT_A_NUMBER"), add_faulty("CRASH_ON_LOAD")]
    futures = [farm.submit(job(name)) for name in 2 * names]
    for name, future in zip(2 * names, futures, strict=True):
        with pytest.raises(PluginError, match=name):
            future.result()
    check_farm_works(farm)


def test_a_plugin_that_crashes_once_comes_through_and_is_noted(add_faulty, tmp_path, monkeypatch):
    monkeypatch.setenv("FAULT_MARK", str(tmp_path / "crashed"))
    name = add_faulty("CRASH_ONCE")
    with Farm(1) as farm:
        (result,) = farm.render([job("gain", (name, {"gain": 0.5}))])
        np.testing.assert_allclose(result.samples, 0.5 * noise(), atol=1e-6)
        assert farm.failures == [f"Gain → The {name}: crashed (SIGABRT)"]
    assert (tmp_path / "crashed").exists()


@pytest.mark.parametrize("fault", ["DELAY", "DELAY_LATE"])
def test_a_latency_that_is_told_late_is_taken_off_all_the_same(add_faulty, fault):
    name = add_faulty(fault)
    with Farm(1) as farm:
        for seed in range(3):
            (result,) = farm.render([job("gain", (name, {"gain": 0.5}), samples=noise(seed=seed))])
            np.testing.assert_allclose(result.samples, 0.5 * noise(seed=seed), atol=1e-6)
            assert result.latency_samples == 100
        assert farm.failures == []


def test_a_plugin_that_sounds_on_after_a_reset_gives_what_a_fresh_one_gives(add_faulty):
    jobs = [job("gain", add_faulty("SOUNDS_ON"), samples=noise(seed=seed)) for seed in range(3)]
    fresh = []
    for each in jobs:
        with Farm(1) as farm:
            fresh += farm.render([each])
    with Farm(1) as farm:
        kept = list(farm.render(jobs))
        assert farm.failures == []
    for one, other, each in zip(fresh, kept, jobs, strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert np.abs(one.samples - each.audio).max() > 0.1, "the plugin's echo is heard"
    note = "The fault_sounds_on: sounds on after a reset, so each render gets a fresh instance"
    assert [result.notes for result in kept] == [(), (note,), (note,)]


@pytest.mark.parametrize("content", [b"", np.random.default_rng(0).bytes(5000), b"\x7fELF" + bytes(500)])
def test_a_garbage_file_is_named(farm, own_plugins, content):
    own_plugins("rubbish").write_bytes(content)
    with pytest.raises(PluginError, match=r"'The rubbish' cannot be hosted \(Unable to load plugin\.\), twice"):
        list(farm.render([job("rubbish")]))
    check_farm_works(farm)


def test_what_a_plugin_prints_is_dropped(farm, add_faulty, capfd):
    (result,) = farm.render([job(add_faulty("PRINT"))])
    np.testing.assert_array_equal(result.samples, noise())
    assert capfd.readouterr() == ("", "")


def test_a_plugin_folder_may_be_named_relative_to_where_one_is(add_faulty, tmp_path, monkeypatch):
    name = add_faulty("NOTHING")
    with Farm(1) as farm:
        list(farm.render([job("gain")]))
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("DAWBRIDGE_PLUGIN_PATH", "binaries")
        (result,) = farm.render([job((name, {"gain": 0.5}))])
    np.testing.assert_allclose(result.samples, 0.5 * noise(), atol=1e-6)


def test_what_a_plugin_starts_ends_with_its_worker(add_faulty, tmp_path, monkeypatch):
    mark = tmp_path / "pid"
    monkeypatch.setenv("FAULT_MARK", str(mark))
    with Farm(1) as farm:
        list(farm.render([job(add_faulty("FORK"))]))
        pid = int(mark.read_text())
        assert is_alive(pid)
    assert have_ended([pid])


@pytest.mark.parametrize("when_s", [0.0, 0.05])
def test_a_worker_killed_while_it_renders_changes_no_sample(when_s):
    long = noise(20 * 48000)
    chain = ("eq", "compressor", ("reverb", {"decay_s": 3.0}))
    with Farm(1) as farm:
        (wanted,) = farm.render([job(*chain, samples=long)])
        future = farm.submit(job(*chain, samples=long))
        time.sleep(when_s)
        os.kill(farm.worker_pids[0], signal.SIGKILL)
        samples = future.result().samples
        (again,) = farm.render([job(*chain, samples=long)])
        assert len(farm.failures) == 1 and farm.failures[0].endswith("crashed (SIGKILL)")
    np.testing.assert_array_equal(samples, wanted.samples)
    np.testing.assert_array_equal(again.samples, wanted.samples)


def test_what_lay_behind_a_crash_in_the_pipe_is_rendered_without_blame(add_faulty):
    held, crashes = noise(), add_faulty("CRASH")
    good = job(("gain", {"gain_db": 6.0}), samples=held)
    with Farm(1) as farm:
        (wanted,) = farm.render([good])
        futures = [farm.submit(each) for each in (job(crashes, samples=held), good, good, good)]
        with pytest.raises(PluginError, match="crashed"):
            futures[0].result()
        for future in futures[1:]:
            np.testing.assert_array_equal(future.result().samples, wanted.samples)
        assert [line.partition(":")[0] for line in farm.failures] == [f"The {crashes}"]


def test_hundreds_of_strips_in_the_pipe_stay_in_order():
    held = noise()
    jobs = [job(("gain", {"gain_db": number / 10 - 20}), samples=held) for number in range(300)]
    with Farm(2) as farm:
        for number, result in enumerate(farm.render(jobs)):
            np.testing.assert_allclose(result.samples, held * 10 ** ((number / 10 - 20) / 20), atol=1e-6)


def test_a_dry_mono_strip_survives_a_second_try():
    mono = noise()[:1]
    with Farm(1) as farm:
        list(farm.render([job(samples=mono)]))
        os.kill(farm.worker_pids[0], signal.SIGKILL)
        (result,) = farm.render([job(samples=mono)])
    np.testing.assert_array_equal(result.samples, np.repeat(mono, 2, axis=0))


def test_a_parameter_that_the_plugin_does_not_have_is_named(farm, add_faulty):
    other = ParameterSpec("drive", 0.0, 1.0, 1.0, label="Drive", index=0)
    name = add_faulty("NOTHING", parameters=(other,))
    with pytest.raises(PluginError, match="has no parameter 'Drive' at place 0 of its list; scan it again"):
        list(farm.render([job(name)]))
    beyond = ParameterSpec("gain", 0.0, 1.0, 1.0, label="Gain", index=7)
    with pytest.raises(PluginError, match="has no parameter 'Gain' at place 7 of its list"):
        list(farm.render([job(add_faulty("NOTHING", parameters=(beyond,)))]))
    check_farm_works(farm)


# Workers that do not start


class Unstartable(thread_module.WorkerProcess):
    """A worker whose process ends at once."""

    def __init__(self, watchdog):
        super().__init__(watchdog)
        os.killpg(self.pid, signal.SIGKILL)


def test_a_worker_that_does_not_start_is_no_plugins_fault(monkeypatch):
    with Farm(2) as farm:
        monkeypatch.setattr(thread_module, "WorkerProcess", Unstartable)
        with pytest.raises(DawbridgeError, match="render process did not start: crashed .SIGKILL., twice") as error:
            list(farm.render([job("gain")]))
        assert error.value.exit_code == 1 and farm.worker_pids == []
        monkeypatch.undo()
        check_farm_works(farm)


def test_an_interpreter_that_is_not_there_is_no_plugins_fault(monkeypatch):
    with Farm(1) as farm:
        monkeypatch.setattr("sys.executable", "/nowhere/python")
        with pytest.raises(DawbridgeError, match="did not start: .*nowhere"):
            list(farm.render([job("gain")]))
        monkeypatch.undo()
        check_farm_works(farm)


CODES = [(0, "exit code 0"), (3, "exit code 3"), (-11, "SIGSEGV"), (-99, "signal 99")]


@pytest.mark.parametrize(("code", "words"), CODES)
def test_exit_codes_in_words(code, words):
    assert exit_words(code) == words


# Closing


def test_closing_ends_a_hung_render_at_once(add_faulty):
    farm = Farm(2, limit_s=3600.0)
    futures = [farm.submit(job(add_faulty("HANG"), samples=noise(seed=seed))) for seed in range(4)]
    while len(farm.worker_pids) < 2 or any(future.done() for future in futures):
        time.sleep(0.01)
    time.sleep(1.0)
    pids = farm.worker_pids
    closing = threading.Thread(target=farm.close)
    closing.start()
    closing.join(120.0)
    assert not closing.is_alive(), "it waits for the render's limit"
    assert have_ended(pids) and farm.worker_pids == []
    assert all(future.done() for future in futures) and farm.failures == []


def test_closing_while_workers_start_leaves_none():
    threads, workers = lasting_threads(), workers_of(os.getpid())
    for pause_s in (0.0, 0.002, 0.01, 0.1):
        farm = Farm(4)
        for seed in range(8):
            farm.submit(job("gain", samples=noise(seed=seed)))
        time.sleep(pause_s)
        farm.close()
        assert (lasting_threads(), workers_of(os.getpid())) == (threads, workers)


def test_a_farm_may_be_closed_twice():
    farm = Farm(1)
    list(farm.render([job("gain")]))
    farm.close()
    farm.close()
