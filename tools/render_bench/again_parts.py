"""What cannot be avoided after one change, each part apart: seconds of DawDreamer and numpy alone. SESSION.json → JSON

One track's strip is rendered, all tracks are summed for the mix and for the reverb's input, the reverb is rendered,
and the mix is written. Strips that did not change are there already, in memory.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reference_renders"))

from dawdreamer_strips import read, render, strip  # noqa: E402

REPEATS = 3


def timed(action):
    """(the least of some times, the result)."""
    times = []
    for _ in range(REPEATS):
        started_s = time.perf_counter()
        result = action()
        times.append(time.perf_counter() - started_s)
    return min(times), result


def main(path: Path) -> None:
    """Print the parts."""
    session = json.loads(path.read_text())
    rate, track, bus = session["sample_rate"], session["tracks"][0], session["buses"][0]
    strips = {name: [row["device"] for row in channel["devices"]] for name, channel in (("t", track), ("b", bus))}
    parts, engines = {}, {}
    for name, names in strips.items():
        started_s = time.perf_counter()  # once: the compiler remembers
        engines[name] = strip(rate, names)
        parts[f"compile {', '.join(names)}"] = time.perf_counter() - started_s
    parts["read a track"], audio = timed(lambda: read(path.parent / track["audio"]))
    parts["render its strip"], wet = timed(lambda: render(*engines["t"], rate, audio, track["devices"]))
    parts["sum all strips, twice"], sent = timed(lambda: sums(wet, len(session["tracks"])))
    parts["render the reverb bus"], mix = timed(lambda: render(*engines["b"], rate, sent, bus["devices"]))
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        out = Path(folder) / "mix.wav"
        parts["write the mix"], _ = timed(lambda: soundfile.write(out, mix.T, rate, subtype="FLOAT"))
    print(json.dumps(parts))


def sums(wet: np.ndarray, tracks: int) -> np.ndarray:
    """The mix and what is sent: as many additions as there are tracks, of other memory each."""
    strips = [wet, wet.copy()]
    mix, sent = np.zeros_like(wet), np.zeros_like(wet)
    for number in range(tracks):
        mix += strips[number % 2] * np.float32(0.5)
        sent += strips[number % 2] * np.float32(0.1)
    return sent


if __name__ == "__main__":
    main(Path(sys.argv[1]))
