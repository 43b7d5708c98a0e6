"""Runs JSFX texts in Cockos' own EEL2, the compiler in REAPER. Pure Data's object jsusfx~ contains it.

A patch plays tables through all texts channel by channel, as fast as it can, and writes what comes out.
"""

import subprocess
from pathlib import Path

import numpy as np
import soundfile

BLOCK = 64  # of Pure Data
EXTERNALS = (Path("/usr/lib/pd/extra/jsusfx~"), Path("/usr/local/lib/pd/extra/jsusfx~"))


class Patch:
    """The text of a patch: objects by number, and cords between them."""

    def __init__(self):
        self.objects, self.cords = [], []

    def add(self, text: str, kind: str = "obj") -> int:
        self.objects.append(f"#X {kind} 10 10 {text};")
        return len(self.objects) - 1

    def connect(self, *cords: tuple[int, int, int, int]) -> None:
        """Add connections (from, outlet, to, inlet)."""
        self.cords += [f"#X connect {' '.join(map(str, cord))};" for cord in cords]

    @property
    def text(self) -> str:
        return "\n".join(["#N canvas 0 0 400 400 10;", *self.objects, *self.cords, ""])


def find_external() -> Path | None:
    """The folder of jsusfx~."""
    return next((folder for folder in EXTERNALS if folder.is_dir()), None)


def play_in_eel2(texts: list[str], samples: np.ndarray, sample_rate: int, folder: Path) -> list[np.ndarray]:
    """The output [2, n] of each text for the first channels of `samples` [C, n], with the sliders' initial values."""
    soundfile.write(folder / "in.wav", samples.T, sample_rate, subtype="FLOAT")
    for index, text in enumerate(texts):
        (folder / f"effect{index}.jsfx").write_text(text)
    pins = [text.count("\nin_pin:") for text in texts]
    run_patch(make_patch(pins, *samples.shape, sample_rate), len(texts), sample_rate, folder)
    return [soundfile.read(folder / f"out{index}.wav", always_2d=True)[0].T for index in range(len(texts))]


def play_notes_in_eel2(text: str, midi, length: int, sample_rate: int, folder: Path) -> np.ndarray:
    """The output [2, length] of an instrument's text for rows (sample, message). Messages begin at blocks."""
    (folder / "effect0.jsfx").write_text(text)
    patch = Patch()
    effect = patch.add("jsusfx~ effect0.jsfx 0 2")
    timed = []
    for at, message in midi:
        assert at % BLOCK == 0
        delay = patch.add(f"del {1000 * (at + BLOCK / 2) / sample_rate:.6f}")
        row = patch.add("midi " + " ".join(map(str, message)), "msg")
        patch.connect((delay, 0, row, 0), (row, 0, effect, 0))
        timed.append(delay)
    recorders = [add_recorder(patch, effect, channel, f"out0_{channel}", length) for channel in range(2)]
    add_run(patch, [*timed, *recorders], 1, length, sample_rate)
    run_patch(patch.text, 1, sample_rate, folder)
    return soundfile.read(folder / "out0.wav", always_2d=True)[0].T


def run_patch(text: str, scripts: int, sample_rate: int, folder: Path) -> None:
    (folder / "play.pd").write_text(text)
    command = ["pd", "-nogui", "-batch", "-noprefs", "-nomidi", "-stderr", "-r", str(sample_rate)]
    done = subprocess.run(
        [*command, "-path", str(find_external()), "play.pd"], cwd=folder, capture_output=True, timeout=60
    )
    said = done.stderr.decode(errors="replace")
    assert done.returncode == 0 and said.count("jsusfx~ script") == scripts, said


def make_patch(pins: list[int], channels: int, length: int, sample_rate: int) -> str:
    """A patch that runs all texts in parallel."""
    patch = Patch()
    players = [add_player(patch, f"in{channel}", length) for channel in range(channels)]
    recorders = []
    for index, count in enumerate(pins):
        effect = patch.add(f"jsusfx~ effect{index}.jsfx {count} 2")
        patch.connect(*((players[channel], 0, effect, channel) for channel in range(count)))
        recorders += [add_recorder(patch, effect, channel, f"out{index}_{channel}", length) for channel in range(2)]
    load = patch.add("read in.wav " + " ".join(f"in{channel}" for channel in range(channels)), "msg")
    add_run(patch, [*players, *recorders], len(pins), length, sample_rate, load)
    return patch.text


def add_run(patch: Patch, parts: list[int], scripts: int, length: int, sample_rate: int, load: int | None = None):
    """Pure Data works from the last outlet of `t b b …` to the first: load, switch on, play and record, write, quit."""
    files = patch.add("soundfiler")
    switch, leave = patch.add("\\; pd dsp 1", "msg"), patch.add("\\; pd quit", "msg")
    wait = patch.add(f"del {1000 * (length + 512) / sample_rate:.3f}")
    start, first, last = patch.add("loadbang"), patch.add("t b b b b"), patch.add("t b b")
    if load is not None:
        patch.connect((first, 3, load, 0), (load, 0, files, 0))
    patch.connect((start, 0, first, 0), (first, 2, switch, 0))
    patch.connect(*((first, 1, each, 0) for each in parts))
    patch.connect((first, 0, wait, 0), (wait, 0, last, 0), (last, 0, leave, 0))
    for index in range(scripts):
        write = patch.add(f"write -wave -bytes 4 out{index}.wav out{index}_0 out{index}_1", "msg")
        patch.connect((last, 1, write, 0), (write, 0, files, 0))


def add_player(patch: Patch, name: str, length: int) -> int:
    patch.add(f"table {name} {length}")
    return patch.add(f"tabplay~ {name}")


def add_recorder(patch: Patch, effect: int, channel: int, name: str, length: int) -> int:
    patch.add(f"table {name} {length}")
    recorder = patch.add(f"tabwrite~ {name}")
    patch.connect((effect, channel, recorder, 0))
    return recorder
