"""A plugin's parameters as DawDreamer shows them: names, units, and the plugin's text at many positions.

Only a scan's child process imports this: a plugin may crash.
"""

import re
import time
from pathlib import Path

import dawdreamer
import numpy as np

from dawbridge.render.farm.job import BLOCK_SIZE

GRID = 256
# Some plugins load an impulse response at every turn of a knob.
SLOW_S, SLOW_GRID = 0.1, 16
SAMPLE_RATE = 48000
# Parameters that hosts and plugin frameworks add to a plugin's own. The MIDI controllers come from JUCE.
_HOSTS_LABEL = re.compile(r"buffer size|sample rate|(current )?program|bypass|midi cc .*", re.IGNORECASE)


class Instance:
    """One plugin on an engine of its own: an effect that gets samples, or an instrument that plays notes."""

    def __init__(self, path: Path, sample_rate: int = SAMPLE_RATE):
        self.sample_rate = sample_rate
        self.engine = dawdreamer.RenderEngine(sample_rate, BLOCK_SIZE)
        self.playback = self.engine.make_playback_processor("in", np.zeros((2, BLOCK_SIZE), np.float32))
        self.plugin = self.engine.make_plugin_processor("plugin", str(path))
        self.is_instrument = self.plugin.get_num_input_channels() == 0
        nodes = [(self.plugin, [])] if self.is_instrument else [(self.playback, []), (self.plugin, ["in"])]
        self.engine.load_graph(nodes)

    def render(self, samples: np.ndarray) -> np.ndarray:
        """`samples` [2, n] through the plugin: [channels, n], delayed by its latency.

        A silent block is rendered first, since a hosted plugin takes new values only when a block is processed.
        """
        self.run_block()
        self.playback.set_data(np.ascontiguousarray(samples, dtype=np.float32))
        self.engine.render((samples.shape[1] + 0.5) / self.sample_rate)
        return self.engine.get_audio()[:, : samples.shape[1]].copy()

    def play(self, notes: tuple[tuple[int, int, float, float], ...], length_samples: int) -> np.ndarray:
        """What an instrument plays, [channels, n]. A note: key, velocity 0..127, start and duration in seconds."""
        self.run_block()
        for key, velocity, start_s, duration_s in notes:
            self.plugin.add_midi_note(key, velocity, start_s, duration_s)
        self.engine.render((length_samples + 0.5) / self.sample_rate)
        self.plugin.clear_midi()
        return self.engine.get_audio()[:, :length_samples].copy()

    def run_block(self) -> None:
        """One block of silence."""
        self.playback.set_data(np.zeros((2, BLOCK_SIZE), np.float32))
        self.engine.render(BLOCK_SIZE / self.sample_rate)

    def text(self, index: int, position: float, needs_block: bool = False) -> str:
        """The plugin's own text for parameter `index` at `position` in 0..1."""
        self.plugin.set_parameter(index, position)
        if needs_block:
            self.run_block()
        return self.plugin.get_parameter_text(index).strip()


def measure_parameters(path: Path) -> list[dict]:
    """A row for each parameter: {index, label, unit, position, text, is_automatable, texts, step_texts}.

    `position` and `text` are those right after loading. `texts` belong to the positions 0, 1/256 … 1, or to fewer
    where reading is slow. Where the plugin declares steps, it has `step_texts` instead. The host's own parameters have
    neither: a program change would move the other parameters.
    """
    instance = Instance(path)
    rows = instance.plugin.get_parameters_description()
    positions = [float(instance.plugin.get_parameter(row["index"])) for row in rows]
    if not any(row["isAutomatable"] for row in rows):  # a VST2 that does not tell
        rows = [row | {"isAutomatable": True} for row in rows]
    return [_measure(instance, row, position) for row, position in zip(rows, positions, strict=True)]


def _measure(instance: Instance, row: dict, position: float) -> dict:
    index, steps = row["index"], _declared_steps(row)
    found = {
        "index": index,
        "label": row["name"],
        "unit": row["label"].strip(),
        "position": position,
        "text": instance.plugin.get_parameter_text(index).strip(),
        "is_automatable": row["isAutomatable"],
        "texts": [],
        "step_texts": [],
    }
    if _HOSTS_LABEL.fullmatch(row["name"]):
        return found
    started_s = time.monotonic()
    needs_block = instance.text(index, 0.0) == instance.text(index, 1.0)
    is_slow = time.monotonic() - started_s > SLOW_S
    grid = np.linspace(0.0, 1.0, steps or (SLOW_GRID if is_slow else GRID) + 1)
    texts = [instance.text(index, point, needs_block) for point in grid]
    instance.plugin.set_parameter(index, position)
    return found | {"step_texts" if steps else "texts": texts}


def _declared_steps(row: dict) -> int:
    return row["numSteps"] if row["isDiscrete"] and 2 <= row["numSteps"] <= GRID else 0


def read_texts(path: Path, wanted: list[list]) -> list[str]:
    """The plugin's text, with its unit, for each [label or index of a parameter, position in 0..1]."""
    instance = Instance(path)
    rows = instance.plugin.get_parameters_description()
    indices = {row["name"]: row["index"] for row in rows}
    return [_text_with_unit(instance, rows[indices.get(key, key)], position) for key, position in wanted]


def _text_with_unit(instance: Instance, row: dict, position: float) -> str:
    text, unit = instance.text(row["index"], position), row["label"].strip()
    return f"{text} {unit}" if unit and (text[-1:].isdigit() or text.endswith("inf")) else text
