"""LV2 plugins sound as their devices do in our own render, and behave as hosts want them to."""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile

from builtin_host import level_db, null_db
from dawbridge.devices import get_device
from dawbridge.formats.lv2 import lv2_device
from exported_devices import ALL, RATES, draw, highest, lowest, make_sound, moved
from faust_reference import Play, play_all
from lv2_host import Lv2Plugin, lv2_environment

pytest_plugins = ("lv2_fixtures",)
MAX_NULL_DB = -100
# At its highest settings all the EQ's filters have the same frequency and raise it by 120 dB, and rounding errors too.
MAX_CORNER_NULL_DB = -90


def name_of(spec) -> str:
    return spec.name


@pytest.fixture(scope="module")
def plugins(lv2_folder) -> dict[str, Lv2Plugin]:
    return {spec.name: Lv2Plugin(lv2_folder / f"dawbridge-{spec.name}.lv2", spec) for spec in ALL}


# The sound


def settings_of(spec) -> list[tuple[int, dict[str, float]]]:
    """(sample rate, values): three at random at each rate, then the corners."""
    drawn = draw(spec, 9)
    rows = [(rate, values) for index, rate in enumerate(RATES) for values in drawn[3 * index : 3 * index + 3]]
    return [*rows, (48000, lowest(spec)), (48000, highest(spec))]


@pytest.fixture(scope="module")
def references(tmp_path_factory) -> dict[str, list[np.ndarray]]:
    """Device → what DawDreamer makes of each of its settings."""
    plays = [Play(spec, make_sound(spec, rate), rate, values) for spec in ALL for rate, values in settings_of(spec)]
    output = iter(play_all(plays, tmp_path_factory.mktemp("reference")))
    return {spec.name: [next(output) for _ in settings_of(spec)] for spec in ALL}


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_it_sounds_as_our_own_render(spec, plugins, references):
    for index, ((rate, values), wanted) in enumerate(zip(settings_of(spec), references[spec.name])):
        output = plugins[spec.name].render(make_sound(spec, rate), rate, values)
        allowed_db = MAX_NULL_DB if index < 9 else MAX_CORNER_NULL_DB
        assert np.array_equal(output, wanted) or null_db(output, wanted) < allowed_db, (rate, values)


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_it_is_not_dry(spec, plugins):
    sound = make_sound(spec, 48000)
    assert null_db(plugins[spec.name].render(sound, 48000, moved(spec)), sound[:2]) > -20


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_blocks_and_shared_buffers_change_nothing(spec, plugins):
    sound = make_sound(spec, 48000, 0.1)
    wanted = plugins[spec.name].render(sound, 48000, moved(spec))
    for block in (1, 64, 333, 4096):
        for in_place in (False, True):
            output = plugins[spec.name].render(sound, 48000, moved(spec), block, in_place)
            assert np.array_equal(output, wanted), (block, in_place)


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_activating_again_forgets_the_sound_before(spec, plugins):
    plugin, sound = plugins[spec.name], make_sound(spec, 48000, 0.1)
    with plugin.instance(48000) as instance:
        kept = plugin.set_values(instance, moved(spec))
        plugin.calls.activate(instance)
        once = plugin.process(instance, sound, 256)
        plugin.calls.activate(instance)
        assert np.array_equal(plugin.process(instance, sound, 256), once)
        assert len(kept) == len(spec.parameters)


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_values_out_of_range_count_as_the_nearest(spec, plugins):
    sound = make_sound(spec, 48000, 0.05)
    for beyond, limit in ((1e9, highest(spec)), (-1e9, lowest(spec)), (np.nan, {}), (np.inf, {})):
        values = {parameter.name: beyond for parameter in spec.parameters}
        output = plugins[spec.name].render(sound, 48000, values)
        assert np.array_equal(output, plugins[spec.name].render(sound, 48000, limit)), beyond


def test_a_switch_is_on_above_zero(plugins):
    sound = make_sound(get_device("polarity"), 48000, 0.01)
    assert np.array_equal(plugins["polarity"].render(sound, 48000, {"inverted": 0.2}), -sound)


def test_a_sidechain_that_is_not_connected_is_silence(plugins):
    plugin = plugins["sidechain_compressor"]
    sound = make_sound(plugin.spec, 48000, 0.1)
    values = {"threshold_db": -60.0, "ratio": 20.0, "attack_s": 0.0005, "makeup_db": 6.0}
    with plugin.instance(48000) as instance:
        kept = plugin.set_values(instance, values)
        output = plugin.process(instance, sound[:2], 512)
        assert level_db(output) - level_db(sound[:2]) == pytest.approx(6.0, abs=1e-3)
        assert len(kept) == 5
    assert level_db(plugin.render(sound, 48000, values)) < level_db(sound[:2]) - 10


def test_denormals_are_flushed_inside_and_kept_outside(plugins):
    sound = np.zeros((2, 96000), np.float32)
    sound[:, 0] = 1.0
    output = plugins["eq"].render(sound, 48000, moved(get_device("eq")))
    tiny = np.finfo(np.float32).tiny
    assert not np.any((output != 0) & (np.abs(output) < tiny))
    assert np.float32(tiny) * np.float32(0.25) != 0


@pytest.mark.parametrize("rate", [8000, 384000])
@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_unusual_sample_rates_do_no_harm(spec, rate, plugins):
    for values in ({}, lowest(spec), highest(spec)):
        assert np.isfinite(plugins[spec.name].render(make_sound(spec, rate, 0.05), rate, values)).all()


def test_impossible_sample_rates_are_refused(plugins):
    assert [plugins["gain"].start(rate) for rate in (0.0, -48000.0, float("nan"), 1e12)] == [None] * 4


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_instances_leave_nothing_behind(plugins):
    plugin, sound = plugins["reverb"], np.ones((2, 64), np.float32)
    before = None
    for count in range(1010):
        plugin.render(sound, 48000)
        if count == 9:
            before = resident_bytes()
    assert resident_bytes() - before < 10 * 2**20  # one instance takes 0.6 MiB


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_lilv_plays_it_as_we_do(spec, lv2_folder, lv2apply, tmp_path, references):
    rate, values = settings_of(spec)[3]
    soundfile.write(tmp_path / "in.wav", make_sound(spec, rate).T, rate, subtype="FLOAT")
    command = [lv2apply, "-i", tmp_path / "in.wav", "-o", tmp_path / "out.wav"]
    for port in lv2_device(spec).ports:
        command += ["-c", port.symbol, f"{values[port.parameter]:.9g}"]
    command.append(lv2_device(spec).uri)
    subprocess.run(command, env=lv2_environment(lv2_folder), check=True, capture_output=True)
    output, _ = soundfile.read(tmp_path / "out.wav", always_2d=True)
    assert null_db(output.T, references[spec.name][3]) < MAX_NULL_DB
