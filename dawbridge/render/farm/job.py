"""StripJob: a chain and what goes into it, resolved so that a worker needs no tables; StripResult: what comes of it."""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import numpy as np

from dawbridge.curve import Curve
from dawbridge.render.graph.sources import Source, Sum
from dawbridge.render.hosts.neural_version import neural_version

BLOCK_SIZE = 512
# The host reads automation once a block: strips that are automated render in short ones.
AUTOMATED_BLOCK_SIZE = 64
# Part of every strip's key: raise it when the same job would give other samples than before.
ENGINE_VERSION = 2
DEFAULT_BPM = (120.0,)
# Audio from here on is let go as soon as it has been used: it takes more memory than it saves time.
LONG_SAMPLES = 1 << 21


class StripFailed(Exception):
    """What a device did wrong, in words that follow its name."""


@dataclass(frozen=True)
class JobCurve:
    """A parameter over time, in physical units: its name in the registry and, as a setting has them, the host's."""

    parameter: str
    label: str
    index: int
    curve: Curve


@dataclass(frozen=True)
class JobDevice:
    """A device as a worker hosts it.

    name, label:   the registry's name, and the plugin's own for messages
    kind:          faust, vst3, vst2 or neural
    path:          the `.dsp`, plugin or network file
    channels:      1: one instance per channel
    resets:        False: a fresh instance for every render
    settings:      (name on the host's list, position on it or -1, value as the host takes it)
    state:         base64 of a preset file to load before the settings, or None
    curves:        what is automated
    sidechain:     the signal that steers it, or None
    is_instrument: it plays notes
    further_paths: files that decide its sound too: a network's weights
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
        """True for a plugin that lives in a file of its own."""
        return self.kind in ("vst3", "vst2")

    def key_parts(self) -> dict:
        """What of it decides the samples: its files' content, not their path; of a network also the code and torch."""
        sidechain = None if self.sidechain is None else self.sidechain.key_parts()
        binary = [file_sha256(path) for path in (self.path, *self.further_paths)]
        parts = asdict(replace(self, sidechain=None)) | {"sidechain": sidechain, "binary": binary}
        if self.kind == "neural":
            parts["neural"] = neural_version()
        return {name: part for name, part in parts.items() if name not in ("path", "further_paths")}


@dataclass(frozen=True, eq=False)
class StripJob:
    """`audio` through `devices`. It is samples [1 or 2, n], or a source that the worker reads itself.

    audio_key:  stands for the content of samples
    place:      the file to write the result to; None: it comes back as samples
    bpm:        the host's tempo, for plugins that follow it: one value, or one every 24th of a quarter note
    """

    audio: np.ndarray | Source
    audio_key: str
    sample_rate: int
    devices: tuple[JobDevice, ...]
    wants_states: bool = False
    place: str | None = None
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
        parts = [source, self.sample_rate, self.wants_states, self.block_size, ENGINE_VERSION, version("dawdreamer")]
        parts += [self.bpm if self.plugins else None, [device.key_parts() for device in self.devices]]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class StripResult:
    """What a strip gave.

    samples:         [2, n]; None where they went into the job's file
    states:          device position → preset file in base64
    latency_samples: what its plugins report together
    notes:           what a person should know
    """

    samples: np.ndarray | None
    states: dict[int, str]
    latency_samples: int
    notes: tuple[str, ...] = ()


def audio_key(samples: np.ndarray) -> str:
    """Hash of samples and shape."""
    return hashlib.sha256(repr(samples.shape).encode() + np.ascontiguousarray(samples).tobytes()).hexdigest()


def file_sha256(path: str) -> str:
    """Hash of a plugin's binary (for a bundle: of all its files), read again only where it changed."""
    root = Path(path)
    files = sorted(p for p in root.rglob("*") if p.is_file()) if root.is_dir() else [root]
    return _sha256_of(tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files))


@lru_cache(maxsize=256)
def _sha256_of(files: tuple[tuple[str, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in files:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()
