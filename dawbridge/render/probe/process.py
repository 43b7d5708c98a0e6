"""Run one task of a scan in a process of its own, under a time limit. JSON comes back, or a PluginError."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from dawbridge.errors import PluginError
from dawbridge.paths import PACKAGE
from dawbridge.render.farm.processes import end_process, exit_words

MAX_ANSWER_BYTES = 256 * 2**20


def run_task(task: str, path: Path, timeout_s: float, wanted: object = None) -> Any:
    """The JSON that `child` answers to `task` for the plugin at `path`. `wanted` is sent to it as JSON.

    Raises PluginError that names the plugin where it crashed, hung, gave a reason for its failure, or sent garbage.
    """
    with tempfile.TemporaryDirectory(prefix="dawbridge-scan-") as folder:
        out = Path(folder) / "answer.json"
        _run([task, str(path.resolve()), str(out)], path, timeout_s, json.dumps(wanted).encode())
        answer = _read_answer(out, path)
    if isinstance(answer, dict) and "failed" in answer:
        reason = f"cannot be scanned ({answer['failed']}); is it a plugin for this system?"
        raise PluginError(path.name, reason)
    return answer


def _run(arguments: list[str], path: Path, timeout_s: float, request: bytes) -> None:
    paths = [str(PACKAGE.parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    process = subprocess.Popen(
        [sys.executable, "-m", "dawbridge.render.probe.child", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        process.communicate(request, timeout=timeout_s)
    except subprocess.TimeoutExpired:
        raise PluginError(path.name, f"hung: no answer within {timeout_s:.0f} s of its scan") from None
    finally:
        end_process(process)
    if process.returncode != 0:
        raise PluginError(path.name, f"crashed while it was scanned ({exit_words(process.returncode)})")


def _read_answer(out: Path, path: Path) -> Any:
    try:
        if out.stat().st_size > MAX_ANSWER_BYTES:
            raise ValueError("too long")
        return json.loads(out.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise PluginError(path.name, "gave garbage instead of a description") from None
