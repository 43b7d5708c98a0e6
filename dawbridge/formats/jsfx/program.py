"""The code sections of a JSFX, translated from the JSFX that Faust's own back end writes.

Faust keeps every number in memory, for several voices, and does integer arithmetic by function calls: `obj[dsp.fRec0 +
1] = int32(add32(...))`. Here there is one voice, numbers are variables (`fRec0_1`), only delay lines are in memory
(`fVec0[...]`), and integers use plain arithmetic, which is exact in a double. So the reverb takes a fifth of the time.
Faust's sliders, labels and function library are left out: the labels have no units, and some functions are wrong
(`exp2`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dawbridge.errors import DawbridgeError

_SLIDER = re.compile(r"^slider\d+:(\w+)=[^<]*<[^>]*>(?:hslider|checkbox|button)_(\w+)1\s*$", re.MULTILINE)
_CLEARED = re.compile(r"memset\( obj \+ dsp\.(\w+), 0, (\d+)\);")
_INDEXED = re.compile(r"obj\[dsp\.(\w+) \+ (?!\d+\])")
_FIXED = re.compile(r"obj\[dsp\.(\w+) \+ (\d+)\]")
_NUMBER = re.compile(r"obj\[dsp\.(\w+)\]")
_CALL = re.compile(r"\b([a-z]\w*)\(")
_LITERAL = re.compile(r"(\d+)\.(\d*)")
_KNOWN_CALLS = {"abs", "cos", "exp", "floor", "log", "log10", "max", "min", "pow", "sin", "sqrt", "tan"}
# The position in the delay lines wraps around here. Their lengths are powers of two below it.
_POSITIONS = 2**24


@dataclass(frozen=True)
class Program:
    """Lines of code, and the names in them.

    variables:  parameter → the variable with its value
    remembered: variables that keep their value from sample to sample
    delays:     delay line → its length in samples; delay lines are in memory
    constants:  lines that compute what depends on the sample rate only
    """

    variables: dict[str, str]
    remembered: tuple[str, ...]
    delays: dict[str, int]
    constants: tuple[str, ...]
    slider: tuple[str, ...]
    sample: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def init(self) -> tuple[str, ...]:
        """Lines that clear all memory and compute the constants."""
        return (*_cleared(self.delays, self.remembered), *self.constants)


def read_program(text: str) -> Program:
    """The sections of Faust's JSFX. Raises DawbridgeError for an unknown form."""
    header, code = text.split("@init", 1)
    sizes = {name: int(size) for name, size in _CLEARED.findall(code)}
    indexed = {name for name in _INDEXED.findall(_body(code, "\n@sample")) if name in sizes}
    sections = [_body(code, start) for start in ("fSampleRate = srate;", "function control()", "\n@sample")]
    init, slider, sample = ([_plain(line, indexed) for line in section] for section in map(str.splitlines, sections))
    program = Program(
        variables={name: variable for variable, name in _SLIDER.findall(header)},
        remembered=tuple(f"{name}_{i}" for name, size in sizes.items() if name not in indexed for i in range(size)),
        delays={name: size for name, size in sizes.items() if name in indexed},
        constants=("fSampleRate = srate;", *init),
        slider=tuple(slider),
        sample=tuple(sample),
        outputs=tuple(_outputs(code)),
    )
    _check(program)
    return program


def _body(code: str, start: str) -> str:
    """The code of one voice, from `start` on."""
    text = code.split(start, 1)[1].split("voice_idx += 1;", 1)[0]
    return text.split("dsp.size * voice_idx;", 1)[-1].strip()


def _cleared(delays: dict[str, int], remembered: tuple[str, ...]) -> Iterator[str]:
    """Lines that give each delay line its memory, and set all else that is remembered to 0."""
    end = 0
    for name, size in delays.items():
        yield f"{name} = {end};"
        end += size
    if end:
        yield f"memset(0, 0, {end});"
        yield "IOTA0 = 0;"
    yield from (f"{name} = 0;" for name in remembered)


def _outputs(code: str) -> list[str]:
    count = len(re.findall(r"^spl\d+ = get_dsp\(0\)", code, re.MULTILINE))
    return [f"spl{index} = output{index};" for index in range(count)]


def _plain(line: str, indexed: set[str]) -> str:
    line = line.strip()
    line = _FIXED.sub(
        lambda match: f"{match[1]}[{match[2]}]" if match[1] in indexed else f"{match[1]}_{match[2]}", line
    )
    line = _NUMBER.sub(r"\1", _INDEXED.sub(r"\1[", line))
    line = _LITERAL.sub(_short, _whole_numbers(line))
    return line.replace("IOTA0 = (IOTA0 + 1);", f"IOTA0 = (IOTA0 + 1) & {_POSITIONS - 1};")


def _short(number: re.Match[str]) -> str:
    """`0.0250000` → `0.025`, `10.000` → `10`."""
    return f"{number[1]}.{number[2]}".rstrip("0").rstrip(".")


_OPERATORS = {"add32": "({} + {})", "sub32": "({} - {})", "mul32": "({} * {})", "ftoi32": "floor({})", "int32": "{}"}
_WHOLE = re.compile(rf"\b({'|'.join(_OPERATORS)})\(")


def _whole_numbers(line: str) -> str:
    """The line with plain arithmetic instead of calls for 32-bit integers. `floor` may replace `int32`: only positive
    numbers, lengths in samples, are converted.
    """
    while match := _WHOLE.search(line):
        arguments, end = _arguments(line, match.end())
        line = line[: match.start()] + _OPERATORS[match[1]].format(*arguments) + line[end:]
    return line


def _arguments(line: str, start: int) -> tuple[list[str], int]:
    """(the arguments of a call whose bracket opens before `start`, the index after its closing bracket)."""
    arguments: list[str] = []
    depth, first = 0, start
    for index in range(start, len(line)):
        character = line[index]
        if depth == 0 and character in ",)":
            arguments.append(line[first:index].strip())
            first = index + 1
            if character == ")":
                return arguments, index + 1
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
    raise DawbridgeError(f"Faust's JSFX has an open bracket in {line!r}; use the DawDreamer of constraints.txt")


def _check(program: Program) -> None:
    """Raise DawbridgeError if anything is left of Faust's memory, voices, loops or function library."""
    for line in (*program.init, *program.slider, *program.sample, *program.outputs):
        calls = set(_CALL.findall(line)) - _KNOWN_CALLS
        if "dsp." in line or "obj" in line or calls - {"memset"}:
            raise DawbridgeError(f"Faust's JSFX has the unknown form {line!r}; use the DawDreamer of constraints.txt")
