"""What translation tells of the settings it found: the model of its `metrics.json`."""

from dawbridge.methods.figures import Figures
from dawbridge.methods.findings import Findings
from dawbridge.session.frozen_model import FrozenModel


class BandFinding(FrozenModel):
    """One octave of the difference. null_db: beside the reference there, None where that holds nothing.

    share: of the whole difference's energy, 0..1
    """

    centre_hz: float
    null_db: float | None
    share: float


class SettingFinding(FrozenModel):
    """One setting of the devices, or the channel's fader; is_default: whether it is at its default."""

    device: str
    parameter: str
    value: float
    unit: str
    is_default: bool


class TranslationFindings(Findings):
    """`metrics.json` of `dawbridge translate`.

    is_near:  whether the difference is small enough to call this a translation
    is_spent: whether the search used most of its budget
    residual_lies_at_hz: centres of the octaves that hold most of the difference
    """

    to: str
    is_near: bool
    is_spent: bool
    baselines: dict[str, Figures]
    octave_bands: tuple[BandFinding, ...]
    residual_lies_at_hz: tuple[float, ...]
    parameters: tuple[SettingFinding, ...]
