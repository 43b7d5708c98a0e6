"""The reverb's twin: the transfer functions of its damped combs and its all-passes, sampled."""

import numpy as np
import torch
from torch import Tensor

from dawbridge.devices.twins.contour import Bins, Circle

COMBS = (1116, 1188, 1277, 1356, 1422, 1491, 1557, 1617)
ALLPASSES = (556, 441, 341, 225)
SPREAD = 23
MOST_DAMPING = 0.9
MOST_ALLPASS = 0.5


def reverb(samples: Tensor, values: dict[str, Tensor], sample_rate: int) -> Tensor:
    """The dry sound, and each side's bank fed with the mean of both channels."""
    combs, allpasses = (_delays(row, sample_rate).to(samples.device) for row in (COMBS, ALLPASSES))  # [2, ...]
    falls_by = 10 ** (-3 / (sample_rate * values["decay_s"]))  # per sample
    feedback = falls_by[:, None, None] ** combs  # [B, 2, 8]
    ring = (falls_by[:, None, None] ** (3 * allpasses)).clamp(max=MOST_ALLPASS)  # [B, 2, 4]
    damping = (MOST_DAMPING * values["damping_0to1"])[:, None]

    circle = Circle(samples.shape[-1], samples.device)
    single, ahead, in_combs, in_allpasses = (circle.delay(delay) for delay in (1, -1, combs, allpasses))

    def response(bins: Bins) -> Tensor:
        damped = (1 - damping) / (1 - damping * single(bins))  # [B, bins]
        late = in_combs(bins)  # [2, 8, bins]
        loops = feedback[..., None] * (damped[:, None, None] * late)
        bank = (late / (1 - loops)).mean(dim=2) * ahead(bins)  # [B, 2, bins]
        late, g = in_allpasses(bins), ring[..., None]
        return bank * ((late - g) / (1 - g * late)).prod(dim=2)

    wet, dry = (values[name][:, None, None] for name in ("wet_0to1", "dry_0to1"))
    return (samples * dry + circle.filtered(samples.mean(dim=1, keepdim=True), response) * wet).to(samples.dtype)


def _delays(at_44100: tuple[int, ...], sample_rate: int) -> Tensor:
    """[2, delays] in samples, left and right, rounded in single precision as Faust's compiled text rounds them."""
    seconds = np.array([[delay + side for delay in at_44100] for side in (0, SPREAD)]) / 44100
    samples = seconds.astype(np.float32) * np.float32(sample_rate) + np.float32(0.5)
    return torch.from_numpy(np.floor(samples).astype(np.float64))
