"""StripJob: one track's chain, resolved so that a worker needs no tables; StripResult: what comes of it."""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.devices.states import host_state
from dawbridge.errors import InputError, PluginError
from dawbridge.places import find_plugin_file
from dawbridge.session.model import Device

BLOCK_SIZE = 512
# Part of every strip's key: raise it when the same job would give other samples than before.
ENGINE_VERSION = 1


class StripFailed(Exception):
    """What a device did wrong, in words that follow its name."""


@dataclass(frozen=True)
class JobDevice:
    """A device as a worker hosts it.

    name, label:  the registry's name, and the plugin's own for messages
    kind:         faust, vst3 or vst2
    path:         the `.dsp` or plugin file
    channels:     1: one instance per channel
    resets:       False: a fresh instance for every render
    settings:     (name on the host's list, position on it or -1, value as the host takes it)
    state:        base64 of a preset file to load before the settings, or None
    """

    name: str
    label: str
    kind: str
    path: str
    channels: int
    resets: bool
    settings: tuple[tuple[str, int, float], ...]
    state: str | None = None

    @property
    def is_hosted(self) -> bool:
        """True for a plugin that lives in a file of its own."""
        return self.kind != "faust"


@dataclass(frozen=True, eq=False)
class StripJob:
    """`audio` [1 or 2, n] through `devices`. `audio_key` stands for the audio's content."""

    audio: np.ndarray
    audio_key: str
    sample_rate: int
    devices: tuple[JobDevice, ...]
    wants_states: bool = False

    @property
    def length_s(self) -> float:
        return self.audio.shape[1] / self.sample_rate

    @property
    def plugins(self) -> list[str]:
        """Labels of the hosted plugins."""
        return [device.label for device in self.devices if device.is_hosted]

    def key(self) -> str:
        """Hash of all that decides the result: input, devices with values and states, binaries, rates."""
        parts = [self.audio_key, self.sample_rate, self.wants_states, BLOCK_SIZE, ENGINE_VERSION]
        parts += [asdict(device) | {"binary": file_sha256(device.path)} for device in self.devices]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class StripResult:
    """`samples` [2, n]; `states`: device position → preset file in base64; the latency reported."""

    samples: np.ndarray
    states: dict[int, str]
    latency_samples: int


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


def resolve_device(device: Device, where: str) -> JobDevice:
    """`device` with its file found and every value as the host takes it.

    Raises PluginError where the file is missing, and InputError for a state that is not this plugin's.
    """
    spec = get_device(device.device, where)
    path = spec.dsp_path or find_plugin_file(spec.file_name)
    if path is None:
        raise PluginError(spec.label, f"is missing: no {spec.file_name} in the plugin folders", where)
    if device.state is not None and spec.is_hosted:
        _check_state(spec, device.state, where)
    values = spec.defaults | device.values if device.state is None else device.values
    settings = tuple(_setting(spec, name, value) for name, value in values.items())
    path = str(path.absolute())  # a worker may have started in another folder
    return JobDevice(
        spec.name, spec.label, spec.kind, path, spec.channels, spec.resets, settings, device.state
    )


def _setting(spec: DeviceSpec, name: str, value: float) -> tuple[str, int, float]:
    parameter = spec.parameter(name)
    if not spec.is_hosted:
        return name, -1, value
    index = -1 if parameter.index is None else parameter.index
    return parameter.label or name, index, float(parameter.to_0to1(value))


def _check_state(spec: DeviceSpec, state: str, where: str) -> None:
    try:
        host_state(spec, base64.b64decode(state, validate=True))
    except ValueError as error:
        raise InputError(f"{where}: its state is no base64 ({error}); save the session again") from None
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
