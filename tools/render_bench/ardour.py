"""Ardour without a screen: scans plugins into a home of its own, and exports a session's master.

Where the processor has AVX-512, Ardour 7.3 adds up buffers four samples too far: what it exports may be wrong, and some
runs abort (5 of 24; with SSE alone 0 of 24). So it is told that the processor has no more than SSE2. A try counts only
with exit code 0 and the full length, and there are several tries.

Two exports of the same session are not always alike: of 31 of one whose tracks send to a bus beside their group, two
held that bus 16 samples later than all else; a moving fader once nulled at -44 dB where it does at -75 otherwise.
`exports` exports again.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from lxml import etree

from dawbridge.formats.ardour.terms import SUPERCLOCKS_PER_SECOND
from render_bench.agreement import null_db

SYSTEM_LV2 = "/usr/local/lib/lv2:/usr/lib/lv2"
# Ardour's own bits: flush to zero, denormals are zero, SSE, SSE2.
SSE2_AND_LESS = "15"
TRIES = 8
TRY_S = 25.0
EXPORTS = 3
SCAN_S = 25.0


@dataclass(frozen=True)
class Export:
    """The file that an export wrote, and how long the try took that wrote it."""

    path: Path
    wall_s: float


def find_ardour() -> str | None:
    """The path of Ardour's command-line exporter, of whatever version is installed."""
    for version in range(9, 5, -1):
        program = shutil.which(f"ardour{version}-export")
        if program and Path(f"/usr/lib/ardour{version}").is_dir():
            return program
    return None


@dataclass(frozen=True)
class Ardour:
    """The exporter at `program`, with `home` for its caches."""

    program: Path
    home: Path

    @property
    def library(self) -> Path:
        """The folder of Ardour's own libraries and scanners: `/usr/lib/ardour7`."""
        return Path("/usr/lib") / self.program.name.removesuffix("-export")

    @property
    def environment(self) -> dict[str, str]:
        """What the scanners need to run; XDG folders are left out so that all lies in `home`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        library = str(self.library)
        own = {"HOME": str(self.home), "LD_LIBRARY_PATH": library, "ARDOUR_DLL_PATH": library}
        own["ARDOUR_FPU_FLAGS"] = SSE2_AND_LESS
        folders = {"ARDOUR_DATA_PATH": "/usr/share", "ARDOUR_CONFIG_PATH": "/etc"}
        return kept | own | {name: f"{folder}/{self.library.name}" for name, folder in folders.items()}

    def scan(self, plugins: list[Path]) -> None:
        """Make these plugins known: Ardour's session tools read the scanners' cache only."""
        for plugin in plugins:
            scanner = "ardour-vst3-scanner" if plugin.suffix == ".vst3" else "ardour-vst-scanner"
            command = [str(self.library / scanner), "-q", str(plugin)]
            subprocess.run(command, env=self.environment, capture_output=True, timeout=SCAN_S)

    def export(self, folder: Path) -> np.ndarray:
        """The master's output [2, n] over the session range of the one session in `folder`."""
        return soundfile.read(self.export_file(folder).path, dtype="float32", always_2d=True)[0].T

    def exports(self, folder: Path) -> Iterator[np.ndarray]:
        """Exports of one session, as many as are tried before it counts as wrong."""
        return (self.export(folder) for _ in range(EXPORTS))

    def nearest_export(self, folder: Path, mix: np.ndarray, wanted_db: float) -> np.ndarray:
        """The first export that nulls with `mix` [2, n] at `wanted_db`; where none does, the one that nulls best."""
        heard = []
        for samples in self.exports(folder):
            heard.append(samples)
            if null_db(mix, samples) <= wanted_db:
                break
        return min(heard, key=lambda samples: null_db(mix, samples))

    def export_file(self, folder: Path, try_s: float = TRY_S) -> Export:
        """The same as a file, which the next export replaces. A try may take `try_s`. The session's own LV2s count."""
        (session,) = folder.glob("*.ardour")
        environment = self.environment | {"LV2_PATH": f"{folder / 'lv2'}:{SYSTEM_LV2}"}
        out = self.home / "export.wav"
        command = ["taskset", "-c", "0", str(self.program), "-b", "float", "-o", str(out)]
        command += [str(folder), session.stem]
        said = ""
        for _ in range(TRIES):
            out.unlink(missing_ok=True)
            started_s = time.perf_counter()
            try:
                run = subprocess.run(command, env=environment, capture_output=True, timeout=try_s)
            except subprocess.TimeoutExpired:
                continue
            wall_s = time.perf_counter() - started_s
            said = (run.stdout + run.stderr).decode(errors="replace")
            if run.returncode == 0 and out.exists() and _length(out) == _range_length(session):
                return Export(out, wall_s)
        raise AssertionError(f"Ardour gave no export of {session} in {TRIES} tries: {said[-2000:]}")


def _length(path: Path) -> int:
    return soundfile.info(path).frames


def _range_length(session: Path) -> int:
    """Samples of the session range, which begins at 0."""
    root = etree.parse(str(session)).getroot()
    (end,) = [row.get("end") for row in root.iter("Location") if row.get("flags") == "IsSessionRange"]
    return round(int(end.removeprefix("a")) * int(root.get("sample-rate")) / SUPERCLOCKS_PER_SECOND)
