"""One plugin in one host in one process: `preset_hosts.py HOW PLUGIN STATE OUT`.

HOW: make (set parameters, save the host's state to STATE), default, dawdreamer_preset, dawdreamer_state,
pedalboard. Writes the output on fixed noise to OUT (.npy) and prints the parameters' texts as JSON.
"""

import json
import sys

import numpy as np

RATE, BLOCK = 48000, 512
NOISE = (0.3 * np.random.default_rng(0).standard_normal((2, RATE // 2))).astype(np.float32)


def in_dawdreamer(how: str, plugin: str, state: str) -> tuple[np.ndarray, dict]:
    """(output, parameter name → text)."""
    import dawdreamer

    engine = dawdreamer.RenderEngine(RATE, BLOCK)
    processor = engine.make_plugin_processor("plugin", plugin)
    signal = NOISE[: processor.get_num_input_channels()]
    playback = engine.make_playback_processor("in", np.zeros_like(signal))
    engine.load_graph([(playback, []), (processor, ["in"])])
    if how == "dawdreamer_preset":
        assert processor.load_vst3_preset(state) if plugin.endswith(".vst3") else processor.load_preset(state)
    if how == "dawdreamer_state":
        processor.load_state(state)
    if how == "make":
        random = np.random.default_rng(3)
        for row in processor.get_parameters_description():
            if row["name"] not in ("Buffer Size", "Sample Rate", "Current Program"):
                processor.set_parameter(row["index"], float(random.uniform(0.3, 0.6)))
    engine.render(BLOCK / RATE)
    if how == "make":
        processor.save_state(state)
    playback.set_data(signal)
    engine.render(signal.shape[1] / RATE)
    rows = processor.get_parameters_description()
    return engine.get_audio(), {row["name"]: processor.get_parameter_text(row["index"]) for row in rows}


def in_pedalboard(plugin: str, state: str) -> tuple[np.ndarray, dict]:
    """(output, parameter name → text)."""
    from pedalboard import load_plugin

    hosted = load_plugin(plugin)
    hosted.load_preset(state)
    channels = 1 if "EQ2" in plugin else 2
    hosted.process(np.zeros((channels, BLOCK), np.float32), RATE, buffer_size=BLOCK)
    output = hosted.process(NOISE[:channels], RATE, buffer_size=BLOCK)
    return output, {parameter.name: parameter.string_value for parameter in hosted.parameters.values()}


if __name__ == "__main__":
    how, plugin, state, out = sys.argv[1:]
    audio, texts = in_pedalboard(plugin, state) if how == "pedalboard" else in_dawdreamer(how, plugin, state)
    np.save(out, audio)
    print("\n" + json.dumps({"texts": texts}))
