"""What made a session: versions, chain, seed, and the hash of each plugin file."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dawbridge.devices import get_device
from dawbridge.paths import find_plugin_file
from dawbridge.render.farm.job import file_sha256
from dawbridge.session import Provenance, Session

_LIBRARIES = ("dawdreamer", "numpy", "torch")


def dawbridge_version() -> str:
    """The installed version, or that of a checkout that was never installed."""
    try:
        return version("dawbridge")
    except PackageNotFoundError:
        return "0+checkout"


def provenance(session: Session, method: str, chain: str, seed: int, weights: Path | None = None) -> Provenance:
    """The record for `session`; the same on every machine with the same versions and plugins."""
    hosted = sorted({d.device for t in session.tracks for d in t.devices if get_device(d.device).is_hosted})
    files = {name: find_plugin_file(get_device(name).file_name) for name in hosted}
    return Provenance(
        dawbridge=dawbridge_version(),
        method=method,
        chain=chain,
        seed=seed,
        weights_sha256=None if weights is None else file_sha256(str(weights)),
        versions={library: version(library) for library in _LIBRARIES},
        plugin_sha256={name: file_sha256(str(path)) for name, path in files.items() if path is not None},
    )
