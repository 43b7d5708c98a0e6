"""Devices and strips as source code in other languages, translated by Faust's own back ends.

The C++ computes in single precision, as our own render does. JSFX has double precision only.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from dawbridge.devices.faust.faust_code import faust_code
from dawbridge.devices.faust.strip import Strip, check_can_leave
from dawbridge.devices.spec import DeviceSpec
from dawbridge.errors import DawbridgeError
from dawbridge.paths import PACKAGE

Language = Literal["cpp", "jsfx"]
_OPTIONS = {"cpp": ("-single",), "jsfx": ("-double",)}
_TIMEOUT_S = 120


def translate(specs: Sequence[DeviceSpec | Strip], language: Language) -> list[str]:
    """The source code of each, as Faust's back end writes it. The class in C++ code is named Device.

    One process translates them all, so one call for several is cheaper. Raises InputError for anything but a built-in
    device, and DawbridgeError where Faust's compiler fails.
    """
    for spec in specs:
        check_can_leave(spec)
    return list(_translate(tuple(map(faust_code, specs)), language, _OPTIONS[language]))


@lru_cache(maxsize=64)
def _translate(codes: tuple[str, ...], language: Language, options: tuple[str, ...]) -> tuple[str, ...]:
    job = json.dumps({"language": language, "options": options, "codes": codes})
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "dawbridge.devices.faust.compiler_process"],
            input=job.encode(),
            capture_output=True,
            timeout=_TIMEOUT_S,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
    except subprocess.TimeoutExpired:
        raise DawbridgeError(f"Faust's compiler: no answer within {_TIMEOUT_S} s; try again") from None
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise DawbridgeError(f"Faust's compiler failed ({said[-1]}); install DawDreamer again: pip install dawdreamer")
    return tuple(json.loads(done.stdout))
