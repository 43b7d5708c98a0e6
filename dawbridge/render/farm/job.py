"""StripJob: a chain with its input, ready for a worker. StripResult: its output."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dawbridge.curve import Curve
from dawbridge.render.graph.sources import Source, Sum
from dawbridge.render.hosts.neural_version import neural_version

BLOCK_SIZE = 512
# The host reads automation once per block, so automated strips are rendered in short blocks.
AUTOMATED_BLOCK_SIZE = 64
# Part of every strip's key. Raise it when the same job gives other samples than before.
ENGINE_VERSION = 2
DEFAULT_BPM = (120.0,)
# Audio of this length or more is freed after its use: keeping it costs more memory than it saves time.
LONG_SAMPLES = 1 << 21


class StripFailed(Exception):
    """A device failed. The message is what it did, to be read after its name: "gave NaN"."""


@dataclass(frozen=True)
class JobCurve:
    """A parameter's values over time, in physical units.

    parameter:    its name in the registry
    label, index: the host's name for it and its index there, as in JobDevice.settings
    """

    parameter: str
    label: str
    index: int
    curve: Curve


@dataclass(frozen=True)
class JobDevice:
    """A device as a worker hosts it.

    name, label:   its name in the registry, and the plugin's own name for messages
    kind:          faust, vst3, vst2 or neural
    path:          the `.dsp`, plugin or network file
    channels:      1: one instance per channel
    resets:        False: a fresh instance for every render
    settings:      (the host's name for the parameter, its index there or -1, value as the host takes it)
    state:         base64 of a preset file to load before the settings, or None
    curves:        its automation
    sidechain:     the signal at its sidechain input, or None
    is_instrument: it plays notes
    further_paths: other files that decide its sound: a network's weights
    """

    name: str
    label: str
    kind: str
    path: str
    channels: int
    resets: bool
    settings: tuple[tuple[str, int, float], ...]
    state: str | None = None
    curves: tuple[JobCurve, ...] = ()
    sidechain: Sum | None = None
    takes_sidechain: bool = False
    is_instrument: bool = False
    further_paths: tuple[str, ...] = ()

    @property
    def is_hosted(self) -> bool:
        """True for a VST3 or VST2 plugin, which is a file of its own."""
        return self.kind in ("vst3", "vst2")

    def key_parts(self) -> dict:
        """All that decides the samples: of files the content, not the path; of a network also its code and torch."""
        sidechain = None if self.sidechain is None else self.sidechain.key_parts()
        binary = [file_sha256(path) for path in (self.path, *self.further_paths)]
        parts = asdict(replace(self, sidechain=None)) | {"sidechain": sidechain, "binary": binary}
        if self.kind == "neural":
            parts["neural"] = neural_version()
        return {name: part for name, part in parts.items() if name not in ("path", "further_paths")}


@dataclass(frozen=True, eq=False)
class StripJob:
    """`audio` through `devices`. It is samples [1 or 2, n], or a source that the worker reads itself.

    audio_key:  identifies the content of samples
    result_path: the file to write the result to; None: it comes back as samples
    bpm:        the host's tempo, for plugins that follow it: one value, or one every 24th of a quarter note
    """

    audio: np.ndarray | Source
    audio_key: str
    sample_rate: int
    devices: tuple[JobDevice, ...]
    wants_states: bool = False
    result_path: str | None = None
    block_size: int = BLOCK_SIZE
    bpm: tuple[float, ...] = DEFAULT_BPM

    @property
    def length_samples(self) -> int:
        return self.audio.shape[1] if isinstance(self.audio, np.ndarray) else self.audio.length_samples

    @property
    def length_s(self) -> float:
        return self.length_samples / self.sample_rate

    @property
    def plugins(self) -> list[str]:
        """Labels of the hosted plugins."""
        return [device.label for device in self.devices if device.is_hosted]

    def key(self) -> str:
        """Hash of all that decides the result: input, devices with values and states, binaries, rates, versions."""
        source = self.audio_key if isinstance(self.audio, np.ndarray) else self.audio.key_parts()
        parts: list[Any] = [
            source,
            self.sample_rate,
            self.wants_states,
            self.block_size,
            ENGINE_VERSION,
            version("dawdreamer"),
        ]
        parts += [self.bpm if self.plugins else None, [device.key_parts() for device in self.devices]]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class StripResult:
    """A rendered strip.

    samples:         [2, n]; None where the job has a `result_path`
    states:          device position → preset file in base64
    latency_samples: the sum of what its plugins report
    notes:           what the user should know
    """

    samples: np.ndarray | None
    states: dict[int, str]
    latency_samples: int
    notes: tuple[str, ...] = ()


def audio_key(samples: np.ndarray) -> str:
    """A hash of the samples and their shape."""
    return hashlib.sha256(repr(samples.shape).encode() + np.ascontiguousarray(samples).tobytes()).hexdigest()


def file_sha256(path: str) -> str:
    """A hash of a file, or of all files of a plugin bundle. It is read again only where it has changed."""
    root = Path(path)
    files = sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]
    return _sha256_of(tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files))


@lru_cache(maxsize=256)
def _sha256_of(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in files:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()
