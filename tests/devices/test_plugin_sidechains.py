"""Real plugins follow the signal at their side: a tone is turned down while, and only while, another sounds there."""

import numpy as np
import pytest

from dawbridge.devices import all_devices
from dawbridge.paths import find_plugin_file
from dawbridge.render.graph.resolve import resolve_device
from dawbridge.session import Device

RATE = 48000
LENGTH = RATE // 2
# What switches the side on, and turns the device down by it.
STEERED = {
    "zam_comp_sidechain": {"sidechain": 1.0, "threshold_db": -40.0, "ratio": 18.0},
    "zam_comp_x2_sidechain": {"sidechain": 1.0, "threshold_db": -40.0, "ratio": 18.0},
    "lsp_sidechain_compressor_stereo": {"sct": 2.0, "al_db": -40.0, "cr": 18.0},
}


def test_every_shipped_sidechain_is_tried():
    hosted = {name for name, device in all_devices().items() if device.is_hosted and device.sidechain_channels}
    assert hosted == set(STEERED)


@pytest.mark.parametrize("name", STEERED)
def test_the_side_turns_the_tone_down_while_it_sounds(name):
    from dawbridge.render.hosts.dawdreamer_strip import Strip

    if find_plugin_file(all_devices()[name].file_name) is None:
        pytest.skip("plugin missing: run tools/fetch_plugins")
    device = resolve_device(Device(device=name, values=STEERED[name]), "test")
    tone = (0.1 * np.sin(2 * np.pi * 440 / RATE * np.arange(LENGTH))).astype(np.float32)[None].repeat(2, axis=0)
    side = (0.5 * np.random.default_rng(1).standard_normal((2, LENGTH))).astype(np.float32)
    side[:, : LENGTH // 2] = 0.0
    strip = Strip((device,), RATE)
    steered = strip.render(tone, (device,), {0: side}).copy()
    free = strip.render(tone, (device,), {0: np.zeros_like(side)})
    np.testing.assert_allclose(steered[:, : LENGTH // 2], free[:, : LENGTH // 2], atol=1e-6)
    assert np.abs(free[:, LENGTH // 2 :]).max() == pytest.approx(0.1, rel=0.1)
    assert np.abs(steered[:, 3 * LENGTH // 4 :]).max() < 0.05
