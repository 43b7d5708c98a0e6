"""What `recover` wrote is what is heard: its presets in fresh hosts, its Ardour session in Ardour.

One recovery of a mono and a stereo track through ZamEQ2, ZamCompX2, fader and pan serves all tests here.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lxml import etree

from dawbridge.audio import Audio, read_audio, write_audio
from dawbridge.paths import find_plugin_file
from dawbridge.render import Farm, render_session
from dawbridge.session import read_session
from render_bench.agreement import null_db
from render_bench.ardour import Ardour

RATE = 48000
CHAIN = {
    "version": 1,
    "name": "channel",
    "devices": [
        {"device": "zam_eq2", "free": {"boost_cut_1_db": [6, 15], "frequency_1_hz": [300, 3000]}},
        {"device": "zam_comp_x2", "free": {"threshold_db": [-45, -30], "ratio": [3, 10]}},
    ],
    "channel": {"fader_db": [-9, -3], "pan_lr": [0.2, 0.7]},
}
HOST = """
import sys
import numpy as np
host, plugin, preset, source, out = sys.argv[1:]
dry = np.load(source)
if host == "pedalboard":
    from pedalboard import load_plugin
    hosted = load_plugin(plugin)
    if preset:
        hosted.load_preset(preset)
    def run(samples):
        hosted.process(np.zeros((len(samples), 512), np.float32), 48000, buffer_size=512)
        return hosted.process(samples, 48000, buffer_size=512)
    wet = run(dry)
else:
    import dawdreamer
    engine = dawdreamer.RenderEngine(48000, 512)
    processor = engine.make_plugin_processor("p", plugin)
    if preset:
        assert processor.load_vst3_preset(preset)
    playback = engine.make_playback_processor("in", np.zeros((len(dry), 512), np.float32))
    engine.load_graph([(playback, []), (processor, ["in"])])
    engine.render(512 / 48000)
    playback.set_data(dry)
    engine.render(dry.shape[1] / 48000)
    wet = engine.get_audio()
np.save(out, wet)
"""


@pytest.fixture(scope="module")
def recovered(tmp_path_factory, zam_plugins) -> Path:
    """The folder that `dawbridge recover` wrote."""
    folder = tmp_path_factory.mktemp("null")
    rng = np.random.default_rng(0)
    time_s = np.arange(3 * RATE) / RATE
    beat = 0.4 * rng.standard_normal(len(time_s)) * np.exp(-9 * (time_s % 0.5))
    chord = np.stack([sum(0.1 * np.sin(2 * np.pi * f * time_s + p) for f in (220, 277, 330)) for p in (0, 1)])
    write_audio(folder / "stems/beat.wav", Audio(beat[None], RATE))
    write_audio(folder / "stems/chord.wav", Audio(chord, RATE))
    write_audio(folder / "mix.wav", Audio(np.stack([0.5 * beat, 0.7 * beat]) + 0.4 * chord, RATE))
    (folder / "chain.json").write_text(json.dumps(CHAIN))
    command = [sys.executable, "-m", "dawbridge", "recover", "stems", "mix.wav", "--out", "out"]
    command += ["--chain", "chain.json", "--budget", "60", "--quiet"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder / "out"


def through(host: str, plugin: str, preset: str, dry: np.ndarray, folder: Path) -> np.ndarray:
    """`dry` [C, n] through one plugin in a fresh process."""
    np.save(folder / "dry.npy", dry)
    command = [sys.executable, "-c", HOST, host, plugin, preset, str(folder / "dry.npy"), str(folder / "wet.npy")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return np.load(folder / "wet.npy")


@pytest.mark.parametrize("host", ["dawdreamer", "pedalboard"])
def test_presets_in_a_fresh_process_render_the_same_audio(recovered, host, tmp_path):
    """The track's presets, one after the other as in the strip, give the strip's audio bit for bit."""
    session = read_session(recovered / "session.json")
    with Farm(1) as farm:
        wet = {name: audio.samples for name, audio in render_session(session, recovered, farm).wet.items()}
    for track in session.tracks:
        dry = read_audio(recovered / track.audio).stereo().samples
        heard, plain = dry, dry
        for number, name in enumerate(("zam_eq2", "zam_comp_x2"), start=1):
            preset = str(recovered / "presets" / track.name / f"{number:02d}-{name}.vstpreset")
            plugin = str(find_plugin_file({"zam_eq2": "ZamEQ2.vst3", "zam_comp_x2": "ZamCompX2.vst3"}[name]))
            parts = (lambda x: x[:1], lambda x: x[1:]) if name == "zam_eq2" else (lambda x: x,)
            heard = np.concatenate([through(host, plugin, preset, part(heard), tmp_path) for part in parts])
            plain = np.concatenate([through(host, plugin, "", part(plain), tmp_path) for part in parts])
        assert np.abs(heard - wet[track.name]).max() == 0.0
        assert null_db(wet[track.name], dry) > -20, "the presets leave the track dry"
        assert null_db(wet[track.name], plain) > -20, "the presets are the plugins' own defaults"


@pytest.fixture(scope="module")
def in_ardour(ardour, tmp_path_factory) -> Ardour:
    """Ardour, knowing the two plugins."""
    program = Ardour(Path(ardour), tmp_path_factory.mktemp("ardour-home"))
    program.scan([find_plugin_file("ZamEQ2.vst3"), find_plugin_file("ZamCompX2.vst3")])
    return program


def test_ardour_exports_the_recovered_mix(recovered, in_ardour):
    mix = soundfile.read(recovered / "mix.wav", dtype="float32")[0].T
    assert null_db(mix, in_ardour.nearest_export(recovered / "daw/ardour", mix, -100.0)) <= -100
    assert json.loads((recovered / "daw/ardour/losses.json").read_text()) == []


def test_the_plugins_are_in_ardours_path(recovered, in_ardour, tmp_path):
    """The same session without its plugins is far from the mix: Ardour leaves missing plugins out in silence."""
    import shutil

    folder = shutil.copytree(recovered / "daw/ardour", tmp_path / "dry")
    (path,) = folder.glob("*.ardour")
    tree = etree.parse(path)
    plugins = [node for node in tree.iter("Processor") if node.get("type") == "vst3"]
    assert len(plugins) == 4
    for node in plugins:
        node.getparent().remove(node)
    tree.write(path)
    mix = soundfile.read(recovered / "mix.wav", dtype="float32")[0].T
    assert null_db(mix, in_ardour.export(folder)) > -20
