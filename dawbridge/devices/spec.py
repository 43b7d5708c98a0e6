"""DeviceSpec: what can stand in a chain, as data."""

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
    kind:            who renders it: Faust code, a hosted plugin, or a torch network
    label:           as a person reads it (a plugin's own name)
    channels:        1: one instance per channel of the strip; 2: one stereo instance
    latency_samples: what the plugin reports at its defaults, at 48 kHz; settings and sample rate may change it
    resets:          False: state survives a reset, so each render gets a fresh instance
    deterministic:   the same input in a fresh instance gives the same samples, to within 1e-9
    keeps_silence:   silence in gives silence out
    is_instrument:   takes notes instead of audio
    sidechain_channels: input channels after the main ones, for a signal that steers the device. What the host can
                     feed counts: it opens no second bus of a VST3
    tail_s:          how long it sounds on after its input has ended, at its defaults, down to -90 dB of full scale
    state_survives:  a saved state loaded into a fresh instance gives the same sound
    file_name:       the plugin's file or bundle name, or that of the `.dsp` or of the network's weights
    class_id:        VST3: 32 hex digits; VST2: the unique id as a signed decimal

    Of a network alone: the `sample_rate` in hertz at which it runs and its latency counts; how many samples of
    input, the newest included, an output depends on (`receptive_field_samples`); the table it is read from
    (`network_path`); and the file of its weights (`weights_path`).
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
        """True for a plugin that lives in a file of its own."""
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
        place = f"{where}: " if where else ""
        legal = ", ".join(p.name for p in self.parameters)
        raise InputError(f"{place}{self.name} has no parameter {name!r}; it has {legal}")
