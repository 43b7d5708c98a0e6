"""Whether a plugin's saved state brings its sound back in a fresh instance.

Only a scan's child process imports this.
"""

import tempfile
from pathlib import Path

import numpy as np

from dawbridge.render.hosts.plugin_state import load_saved
from dawbridge.render.probe.behaviour import NOTES, SEED
from dawbridge.render.probe.files import kind_of
from dawbridge.render.probe.measure import SAMPLE_RATE, Instance
from dawbridge.render.probe.text import parse_text

# States hold numbers as text, and knobs glide. So a difference of 60 dB below the sound does not count.
SLACK = 1e-3


def state_survives(path: Path, indices: list[int], is_deterministic: bool) -> bool:
    """Whether parameter texts and sound are the same after some parameters were moved, saved and loaded.

    `indices` are the parameters that may be moved. Of a plugin that is not deterministic only the texts are compared.
    """
    saved, loaded = Instance(path), Instance(path)
    rng = np.random.default_rng(SEED)
    for index in indices:
        _move(saved, index, float(rng.uniform(0.1, 0.9)))
    saved.run_block()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        saved.plugin.save_state(str(state))
        load_saved(loaded.plugin, kind_of(path) or "", state)
    loaded.run_block()
    texts = [[instance.plugin.get_parameter_text(index) for index in indices] for instance in (saved, loaded)]
    if not all(map(_agree, *texts)):
        return False
    return not is_deterministic or _sound_alike(_sound(saved), _sound(loaded))


def _move(instance: Instance, index: int, position: float) -> None:
    """Set to `position`; or to an end of its range that shows the same text, since a switch may round either way."""
    text = instance.text(index, position)
    for end in (0.0, 1.0):
        if instance.text(index, end) == text:
            return
    instance.plugin.set_parameter(index, position)


def _agree(one: str, two: str) -> bool:
    first, second = parse_text(one), parse_text(two)
    if first is None or second is None:
        return one == two
    rounding = max(first.rounding, second.rounding)
    return abs(first.value - second.value) <= 2.1 * rounding + SLACK * abs(first.value)


def _sound(instance: Instance) -> np.ndarray:
    """The second half of a second of sound: gliding parameters have arrived by then."""
    if instance.is_instrument:
        return instance.play(NOTES, SAMPLE_RATE)[:, SAMPLE_RATE // 2 :]
    noise = 0.25 * np.random.default_rng(SEED).standard_normal((2, SAMPLE_RATE))
    return instance.render(noise)[:, SAMPLE_RATE // 2 :]


def _sound_alike(one: np.ndarray, two: np.ndarray) -> bool:
    return bool(np.square(one - two).sum() <= SLACK**2 * np.square(one).sum())
