"""The command line as a user's shell runs it, and in this process."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """Exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    def refusal(self, code: int = 2) -> str:
        """The one line on standard error, after which nothing was done."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("dawbridge: ") and self.err.count("\n") == 1, self.err
        assert "Traceback" not in self.err and "--debug" not in self.err, self.err
        return self.err


def run(*arguments, prefix=(), **options) -> Answer:
    """`python -m dawbridge` in a process of its own."""
    command = [*prefix, sys.executable, "-m", "dawbridge", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300, **options)
    return Answer(done.returncode, done.stdout, done.stderr)


def call(capsys, monkeypatch, *arguments) -> Answer:
    """The same in this process, much faster."""
    from dawbridge import files
    from dawbridge.cli import main

    monkeypatch.setattr(files, "_made", [])  # what other tests wrote is none of this command's
    monkeypatch.setattr(sys, "argv", ["dawbridge", *map(str, arguments)])
    capsys.readouterr()
    code = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    output = capsys.readouterr()
    return Answer(code, output.out, output.err)


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file under the folder, hidden ones too, by its path in it."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
