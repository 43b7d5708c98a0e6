"""One effect plugin in one host: seconds to load it, and to render. HOST PLUGIN AUDIO → JSON

The host is dawdreamer or pedalboard. Rendered are the audio, at several block sizes, and as much digital silence
after a tenth of it: what a filter that rings out into denormal numbers costs.
"""

import json
import sys
import time
from functools import partial

import numpy as np
import soundfile

BLOCK_SIZES = (512, 2048, 8192)
REPEATS = 5


def timed_s(action) -> float:
    """The least of some times."""
    times = []
    for _ in range(REPEATS):
        started_s = time.perf_counter()
        action()
        times.append(time.perf_counter() - started_s)
    return min(times)


def in_dawdreamer(plugin: str, rate: int, block_size: int):
    """A function that renders samples."""
    import dawdreamer

    engine = dawdreamer.RenderEngine(rate, block_size)
    playback = engine.make_playback_processor("in", np.zeros((2, 1), np.float32))
    engine.load_graph([(playback, []), (engine.make_plugin_processor("plugin", plugin), ["in"])])

    def render(samples: np.ndarray) -> None:
        playback.set_data(samples)
        engine.render((samples.shape[1] + 0.5) / rate)
        engine.get_audio()

    return render


def in_pedalboard(plugin: str, rate: int, block_size: int):
    """A function that renders samples."""
    import pedalboard

    loaded = pedalboard.load_plugin(plugin)
    return lambda samples: loaded(samples, rate, buffer_size=block_size, reset=True)


def main(host: str, plugin: str, audio: str) -> None:
    """Print the figures."""
    make = {"dawdreamer": in_dawdreamer, "pedalboard": in_pedalboard}[host]
    samples, rate = soundfile.read(audio, dtype="float32")
    samples = np.ascontiguousarray(samples.T)
    silent = samples.copy()
    silent[:, samples.shape[1] // 10 :] = 0.0
    make(plugin, rate, BLOCK_SIZES[0])  # so that modules and the plugin's file are loaded
    started_s = time.perf_counter()
    render = make(plugin, rate, BLOCK_SIZES[0])
    figures = {"load another": time.perf_counter() - started_s}
    for block_size in BLOCK_SIZES:
        figures[f"render, blocks of {block_size}"] = timed_s(partial(make(plugin, rate, block_size), samples))
    figures["render silence"] = timed_s(partial(render, silent))
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
