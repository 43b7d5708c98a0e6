"""DeviceSpec: one device that a chain can hold, described as data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dawbridge.errors import InputError
from dawbridge.params import ParameterSpec

DeviceKind = Literal["faust", "vst3", "vst2", "neural"] | str  # a foreign plugin has any kind


@dataclass(frozen=True)
class DeviceSpec:
    """One device.

    name:            key in sessions and chains
    kind:            how it is rendered: from Faust code, as a hosted plugin, or by a torch network
    label:           its name as shown to people; for a plugin, the plugin's own name
    channels:        1: one instance per channel of the strip; 2: one stereo instance
    latency_samples: what the plugin reports at its defaults, at 48 kHz; settings and sample rate may change it
    resets:          False: a reset does not clear its state, so each render gets a fresh instance
    deterministic:   the same input in a fresh instance gives the same samples, to within 1e-9
    keeps_silence:   silence in gives silence out
    is_instrument:   takes notes instead of audio
    sidechain_channels: input channels after the main ones, for a signal that controls the device. Only those that
                     our host can feed count: it does not open a VST3's second bus
    tail_s:          seconds of sound after its input has ended, at its defaults, down to -90 dB of full scale
    state_survives:  a saved state loaded into a fresh instance gives the same sound
    file_name:       the plugin's file or bundle name, or that of the `.dsp` or of the network's weights
    class_id:        VST3: 32 hex digits; VST2: the unique id as a signed decimal

    Only a network has these:
    sample_rate:     in hertz, the rate at which it runs, and in which `latency_samples` counts
    receptive_field_samples: how many samples of input, the newest included, one output sample depends on
    network_path:    the table that it was read from
    weights_path:    the file with its weights
    """

    name: str
    kind: DeviceKind
    label: str
    parameters: tuple[ParameterSpec, ...]
    file_name: str
    channels: int = 2
    latency_samples: int = 0
    resets: bool = True
    deterministic: bool = True
    keeps_silence: bool = True
    is_instrument: bool = False
    sidechain_channels: int = 0
    tail_s: float = 0.0
    state_survives: bool = True
    class_id: str = ""
    vendor: str = ""
    dsp_path: Path | None = None
    sample_rate: int = 0
    receptive_field_samples: int = 0
    network_path: Path | None = None
    weights_path: Path | None = None

    @property
    def is_hosted(self) -> bool:
        """True for a VST3 or VST2 plugin, which is a file of its own."""
        return self.kind in ("vst3", "vst2")

    @property
    def defaults(self) -> dict[str, float]:
        """Every parameter at its default, in physical units."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def parameter(self, name: str, where: str = "") -> ParameterSpec:
        """The parameter of that name, or an InputError that lists the legal ones."""
        for parameter in self.parameters:
            if parameter.name == name:
                return parameter
        prefix = f"{where}: " if where else ""
        legal = ", ".join(p.name for p in self.parameters)
        raise InputError(f"{prefix}{self.name} has no parameter {name!r}; it has {legal}")
