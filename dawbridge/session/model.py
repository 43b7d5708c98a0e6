"""The Session: what a mix is, as frozen data in physical units.

A channel is a track, a bus or the master. Its signal is stereo: a mono file stands in both channels. It goes through
trim and polarity, the devices, then fader and pan, to its output: a bus, or the master. Sends leave before the fader
or after fader and pan. Every path is compensated for latency, so times are the timeline's everywhere.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field

from dawbridge.session.automation import Automation, TempoMap, Time
from dawbridge.session.frozen_model import FrozenModel

SESSION_VERSION = 3
SAMPLE_RATES = (8000, 384000)
# Two channels of 32-bit floats: a WAV file holds no more.
LONGEST_SAMPLES = 2**29 - 1024
FARTHEST_SAMPLES = 2**53  # of a clip from the session's start: a float counts so far exactly
LONGEST_TAIL_S = 600.0
MASTER = "master"
FOREIGN = "foreign"

MonoPanLaw = Literal["constant_power"]
StereoPanLaw = Literal["balance"]
FadeShape = Literal["linear", "equal_power"]
GainDb = Annotated[float, Field(ge=-120.0, le=24.0)]
Pan = Annotated[float, Field(ge=-1.0, le=1.0)]
Samples = Annotated[int, Field(ge=0, le=LONGEST_SAMPLES)]
StartSamples = Annotated[int, Field(ge=-FARTHEST_SAMPLES, le=FARTHEST_SAMPLES)]
Name = Annotated[str, Field(min_length=1)]


class Sidechain(FrozenModel):
    """The signal that steers a device: a track's or bus's, which sounds on here even while that one is muted."""

    source: Name
    is_pre_fader: bool = True
    gain_db: GainDb = 0.0


class ForeignPlugin(FrozenModel):
    """A plugin that a foreign session names and nothing here knows. It cannot be hosted, but goes on to other DAWs.

    kind:  as DAWs call it: vst3, vst2, lv2, au, clap, jsfx; or `ardour`, `reaper`, `dawproject` for a DAW's own
    id:    VST3: 32 hex digits; VST2: the unique id as a signed decimal; LV2: the URI; else the name in that DAW
    label: as a person reads it
    """

    kind: Annotated[str, Field(pattern="^[a-z][a-z0-9]*$", max_length=20)]
    id: Annotated[str, Field(max_length=1000)]
    label: Annotated[str, Field(max_length=1000)]


class Device(FrozenModel):
    """A device of a chain. `state` is a hosted plugin's preset file (.vstpreset or .fxp), in base64.

    A foreign one says which `plugin` it is; its state may then be whatever its DAW keeps, and its values and automation
    go by the DAW's names and scales.
    """

    device: str = Field(description="the device's name in the registry: eq, zam_eq2, ...; foreign: see plugin")
    plugin: ForeignPlugin | None = Field(default=None, description="of a foreign device: which plugin it is")
    values: dict[str, float] = Field(default_factory=dict, description="physical units; absent: the default")
    is_bypassed: bool = False
    state: str | None = Field(default=None, description="base64 of a .vstpreset (VST3) or .fxp (VST2)")
    automation: dict[str, Automation] = Field(default_factory=dict, description="parameter → its values over time")
    sidechain: Sidechain | None = None


class Clip(FrozenModel):
    """A piece of an audio file on the timeline; all lengths in samples at the session's sample rate."""

    audio: str = Field(description="audio file, relative to the session's folder")
    start_samples: StartSamples = Field(default=0, description="where on the timeline the clip begins")
    offset_samples: Samples = Field(default=0, description="where in the file it begins")
    length_samples: Samples | None = Field(default=None, description="absent: to the file's end")
    gain_db: GainDb = 0.0
    fade_in_samples: Samples = 0
    fade_out_samples: Samples = 0
    fade_shape: FadeShape = "linear"


class MidiClip(FrozenModel):
    """A standard MIDI file on the timeline. Its notes keep their beats: the session's tempo map plays them."""

    midi: str = Field(description="MIDI file, relative to the session's folder")
    start_beats: Time = 0.0
    channel: Annotated[int, Field(ge=1, le=16)] | None = Field(default=None, description="absent: all channels")


class Send(FrozenModel):
    """A copy of the signal to a bus."""

    to: Name
    gain_db: GainDb = 0.0
    pan_lr: Pan = 0.0
    is_pre_fader: bool = False
    is_muted: bool = False
    automation: dict[Literal["gain_db", "pan_lr"], Automation] = Field(default_factory=dict)


class Fader(FrozenModel):
    """What every channel has: devices, fader and pan, and what moves the two."""

    devices: tuple[Device, ...] = ()
    fader_db: GainDb = 0.0
    pan_lr: Pan = 0.0
    automation: dict[Literal["fader_db", "pan_lr"], Automation] = Field(default_factory=dict)


class Channel(Fader):
    """A track or a bus. A muted one gives nothing to its output and its sends."""

    name: Name
    trim_db: GainDb = Field(default=0.0, description="gain before the devices")
    is_inverted: bool = Field(default=False, description="polarity, before the devices")
    is_muted: bool = False
    is_soloed: bool = False
    output: Name = Field(default=MASTER, description="a bus, or master")
    sends: tuple[Send, ...] = ()


class Track(Channel):
    """A track: one audio file that plays whole from `start_samples` on; or clips; or an instrument and its notes."""

    audio: str = Field(default="", description="audio file, relative to the session's folder")
    channels: Annotated[int, Field(ge=1, le=2)] = 2
    start_samples: StartSamples = 0
    clips: tuple[Clip, ...] = ()
    instrument: Device | None = None
    midi_clips: tuple[MidiClip, ...] = ()

    @property
    def all_clips(self) -> tuple[Clip, ...]:
        """The track's audio as clips: `clips`, or one clip of the whole file where `audio` names one."""
        return (Clip(audio=self.audio, start_samples=self.start_samples),) if self.audio else self.clips


class Bus(Channel):
    """The sum of what its members output and others send to it."""


class Master(Fader):
    """Where all ends: the sum of what is output to it, through its devices and fader, is the mix."""


class PanLaw(FrozenModel):
    """The channel's pan, as gains (left, right) of pan_lr.

    constant_power: cos and sin, -3 dB at the centre. balance: the far side is turned down linearly, 0 dB at the
    centre.
    """

    mono: MonoPanLaw = "constant_power"
    stereo: StereoPanLaw = "balance"


class Provenance(FrozenModel):
    """What made the session: enough to make it again."""

    dawbridge: str
    method: str = ""
    chain: str = ""
    seed: int | None = None
    weights_sha256: str | None = None
    versions: dict[str, str] = Field(default_factory=dict)
    plugin_sha256: dict[str, str] = Field(default_factory=dict)


class Session(FrozenModel):
    """A mix: tracks and buses on one timeline of `length_samples` at `sample_rate`.

    `pre_roll_samples`: how much earlier the render begins, with whatever lies there. `tail_s`: how much longer it
    sounds than the timeline, or "auto": until the mix stays below -90 dB of full scale.
    """

    version: Annotated[int, Field(ge=1, le=SESSION_VERSION)] = SESSION_VERSION
    name: str = "session"
    sample_rate: Annotated[int, Field(ge=SAMPLE_RATES[0], le=SAMPLE_RATES[1])]
    length_samples: Annotated[int, Field(ge=1, le=LONGEST_SAMPLES)]
    pre_roll_samples: Samples = 0
    tail_s: Annotated[float, Field(ge=0.0, le=LONGEST_TAIL_S)] | Literal["auto"] = 0.0
    pan_law: PanLaw = PanLaw()
    tempo: TempoMap = TempoMap()
    tracks: tuple[Track, ...] = ()
    buses: tuple[Bus, ...] = ()
    master: Master = Master()
    made_by: Provenance | None = None

    @property
    def channels(self) -> tuple[Track | Bus, ...]:
        """The tracks, then the buses."""
        return (*self.tracks, *self.buses)

    def track(self, name: str) -> Track:
        """The track of that name; KeyError if there is none."""
        return {track.name: track for track in self.tracks}[name]

    def with_tracks(self, tracks: Iterable[Track]) -> "Session":
        """The same session with other tracks."""
        return self.model_copy(update={"tracks": tuple(tracks)})
