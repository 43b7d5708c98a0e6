"""The Session: what a mix is, as frozen data in physical units.

A strip is always stereo: a mono file stands in both channels. Its devices come first, then the channel's fader
and pan under the law that the session names, one for mono and one for stereo tracks.
"""

import math
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from dawbridge.units import db_to_gain

SESSION_VERSION = 1
SAMPLE_RATES = (8000, 384000)
# Two channels of 32-bit floats: a WAV file holds no more.
LONGEST_SAMPLES = 2**29 - 1024

MonoPanLaw = Literal["constant_power"]
StereoPanLaw = Literal["balance"]


class Data(BaseModel):
    """Frozen, no unknown keys, no NaN or Inf."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Device(Data):
    """A device of a chain. `state` is a hosted plugin's preset file (.vstpreset or .fxp), in base64."""

    device: str = Field(description="the device's name in the registry: eq, zam_eq2, ...")
    values: dict[str, float] = Field(default_factory=dict, description="physical units; absent: the default")
    is_bypassed: bool = False
    state: str | None = Field(default=None, description="base64 of a .vstpreset (VST3) or .fxp (VST2)")


class Track(Data):
    """A track: one audio file, a chain of devices, a fader and a pan.

    `start_samples` places the file's first sample on the session's timeline, at the session's sample rate.
    """

    name: Annotated[str, Field(min_length=1)]
    audio: str = Field(description="audio file, relative to the session's folder")
    channels: Annotated[int, Field(ge=1, le=2)] = 2
    start_samples: int = 0
    devices: tuple[Device, ...] = ()
    fader_db: Annotated[float, Field(ge=-120.0, le=24.0)] = 0.0
    pan_lr: Annotated[float, Field(ge=-1.0, le=1.0)] = 0.0
    is_muted: bool = False


class PanLaw(Data):
    """The channel's pan, as gains (left, right) of pan_lr.

    constant_power: cos and sin, -3 dB at the centre. balance: the far side is turned down linearly, 0 dB at the
    centre.
    """

    mono: MonoPanLaw = "constant_power"
    stereo: StereoPanLaw = "balance"


class Provenance(Data):
    """What made the session: enough to make it again."""

    dawbridge: str
    method: str = ""
    chain: str = ""
    seed: int | None = None
    weights_sha256: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    plugin_sha256: dict[str, str] = Field(default_factory=dict)


class Session(Data):
    """A mix: tracks on one timeline of `length_samples` at `sample_rate`."""

    version: Annotated[int, Field(ge=1, le=SESSION_VERSION)] = SESSION_VERSION
    name: str = "session"
    sample_rate: Annotated[int, Field(ge=SAMPLE_RATES[0], le=SAMPLE_RATES[1])]
    length_samples: Annotated[int, Field(ge=1, le=LONGEST_SAMPLES)]
    pan_law: PanLaw = PanLaw()
    tracks: tuple[Track, ...] = ()
    made_by: Provenance | None = None

    def track(self, name: str) -> Track:
        """The track of that name; KeyError if there is none."""
        return {track.name: track for track in self.tracks}[name]

    def with_tracks(self, tracks) -> "Session":
        """The same session with other tracks."""
        return self.model_copy(update={"tracks": tuple(tracks)})


def channel_gains(track: Track, pan_law: PanLaw) -> tuple[float, float]:
    """Linear gains (left, right) of the channel: fader times pan, by the law for the track's channels."""
    fader = db_to_gain(track.fader_db)
    if track.channels == 1:
        angle = (track.pan_lr + 1.0) * math.pi / 4.0
        return fader * math.cos(angle), fader * math.sin(angle)
    return fader * min(1.0, 1.0 - track.pan_lr), fader * min(1.0, 1.0 + track.pan_lr)
