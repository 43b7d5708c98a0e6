"""Runs a JSFX outside REAPER: its text is parsed, translated to C, compiled and played.

It knows the part of the language that dawbridge's texts use, and is stricter than EEL2: whatever EEL2's rules leave
open is an error. Brackets must settle the order of operators, numbers have no exponent, and a variable must be written
before it is read. As in EEL2, names are not case-sensitive, numbers are doubles, numbers less than 0.00001 apart are
equal, and memory is addressed by integers. Conditions are in brackets, functions have no arguments, and MIDI
arrives once per block.
"""

import ctypes
import re
import subprocess
from pathlib import Path

import numpy as np

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?(?![\w.]))|([A-Za-z_]\w*)|(//[^\n]*)|(!=|==|<=|>=|[-+*/&|<>?:=;,()\[\]]))")
SLIDER = re.compile(r"slider(\d+):(-?[\d.]+)<(-?[\d.]+),(-?[\d.]+),([\d.]+)(?::log|\{off,on\})?>(\S.*)")
OPERATORS = {"+", "-", "*", "/", "&", "|", "<", ">", "<=", ">=", "==", "!="}
FUNCTIONS = {"abs": 1, "cos": 1, "exp": 1, "floor": 1, "log": 1, "log10": 1, "sin": 1, "sqrt": 1, "tan": 1}
FUNCTIONS |= {"max": 2, "min": 2, "pow": 2, "memset": 3}
MEMORY = 2**23
BLOCK = 512
C_TEXT = """\
#include <math.h>
#include <stdlib.h>
#include <string.h>
static double *memory;
static double clear(double to, double value, double count) {
    if (value != 0 || to < 0 || to + count > %(memory)d) abort();
    memset(memory + (long)to, 0, (size_t)count * sizeof(double));
    return to;
}
static double *at(double address) {
    long index = (long)floor(address + 0.00001);
    if (index < 0 || index >= %(memory)d) abort();
    return memory + index;
}
static double srate%(variables)s;
static const double *midi_row, *midi_end;
static long block_end;
static double midirecv(double *offset, double *status, double *data) {
    if (midi_row == midi_end || midi_row[0] >= block_end) return 0;
    *offset = midi_row[0] - (block_end - %(block)d), *status = midi_row[1], *data = midi_row[2];
    midi_row += 3;
    return 1;
}
%(functions)s
void play(double rate, const double *sliders, const double *in, double *out, long length, const double *midi, long n) {
    memory = calloc(%(memory)d, sizeof(double));
    srate = rate;
    midi_row = midi, midi_end = midi + 3 * n, block_end = 0;
    %(sliders)s
    %(init)s
    %(slider)s
    for (long index = 0; index < length; index++) {
        if (index == block_end) {
            block_end += %(block)d;
            %(block_code)s
        }
        %(read)s
        %(sample)s
        %(write)s
    }
    free(memory);
}
"""


class Jsfx:
    """A parsed text. `play` compiles it on first use."""

    def __init__(self, text: str, compiler: str, folder: Path):
        header, *parts = re.split(r"^@(init|slider|block|sample)\n", text, flags=re.MULTILINE)
        assert [name for name in parts[::2] if name != "block"] == ["init", "slider", "sample"], parts[::2]
        self.title, self.sliders, self.inputs, self.outputs = read_header(header)
        self.compiler, self.folder, self.library = compiler, folder, None
        names = {"srate", *(f"slider{index}" for index in range(1, len(self.sliders) + 1))}
        self.code, functions = {"block": ""}, {}
        for section, code in zip(parts[::2], parts[1::2]):
            if section == "sample":
                names |= {f"spl{channel}" for channel in range(max(self.inputs, self.outputs))}
            self.code[section] = Parser(code, names, functions).program()
        self.functions = "\n".join(f"static void {name}(void) {{\n{code}\n}}" for name, code in functions.items())
        self.variables = sorted(names - {"srate"})

    def play(self, samples: np.ndarray, sample_rate: float, values: list[float] | None = None, midi=()) -> np.ndarray:
        """The output [outputs, n] for `samples` [inputs, n]; `values` are the sliders', by default their initial ones.

        midi: rows of (sample, message of three bytes), in order.
        """
        if self.library is None:
            self.library = self._compile()
        assert samples.shape[0] == self.inputs
        given = np.ascontiguousarray(samples, dtype=np.float64)
        made = np.full((self.outputs, samples.shape[1]), np.nan)
        sliders = np.array(values or [row["start"] for row in self.sliders], dtype=np.float64)
        assert len(sliders) == len(self.sliders)
        events = np.array([(at, row[0], row[1] + 256 * row[2]) for at, row in midi], dtype=np.float64)
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (sliders, given, made, events)]
        length, count = ctypes.c_long(samples.shape[1]), ctypes.c_long(len(midi))
        self.library.play(ctypes.c_double(sample_rate), *pointers[:3], length, pointers[3], count)
        return made

    def _compile(self) -> ctypes.CDLL:
        text = C_TEXT % {
            "memory": MEMORY,
            "block": BLOCK,
            "block_code": self.code["block"],
            "functions": self.functions,
            "variables": "".join(f", {name}" for name in self.variables),
            "sliders": " ".join(f"slider{index + 1} = sliders[{index}];" for index in range(len(self.sliders))),
            "read": " ".join(f"spl{channel} = in[{channel} * length + index];" for channel in range(self.inputs)),
            "write": " ".join(f"out[{channel} * length + index] = spl{channel};" for channel in range(self.outputs)),
            **{name: self.code[name] for name in ("init", "slider", "sample")},
        }
        source = self.folder / f"jsfx{len(list(self.folder.glob('*.c')))}.c"
        source.write_text(text)
        library = source.with_suffix(".so")
        command = [self.compiler, "-O1", "-ffp-contract=off", "-shared", "-fPIC", "-o", library, source, "-lm"]
        subprocess.run(command, check=True)
        return ctypes.CDLL(str(library))


def read_header(header: str) -> tuple[str, list[dict], int, int]:
    """(title, sliders in order, number of inputs, number of outputs)."""
    lines = [line for line in header.splitlines() if line and not line.startswith("//")]
    assert lines[0].startswith("desc:") and lines[0] != "desc:"
    pins = [line for line in lines[1:] if re.fullmatch(r"(in|out)_pin:\S.*", line)]
    rows = [SLIDER.fullmatch(line) for line in lines[1:] if line not in pins]
    assert all(rows), [line for line, row in zip(lines[1:], rows) if not row]
    assert [int(row[1]) for row in rows] == list(range(1, len(rows) + 1)) and len(rows) <= 64
    sliders = [
        dict(start=float(row[2]), minimum=float(row[3]), maximum=float(row[4]), step=float(row[5]), label=row[6])
        for row in rows
    ]
    assert all(row["minimum"] <= row["start"] <= row["maximum"] for row in sliders)
    inputs = sum(pin[0] == "i" and pin != "in_pin:none" for pin in pins)
    return lines[0][5:], sliders, inputs, sum(pin[0] == "o" for pin in pins)


class Parser:
    """One section: EEL2 → C. `names` are the variables written so far, `functions` those defined; both grow."""

    def __init__(self, code: str, names: set[str], functions: dict[str, str]):
        self.names, self.functions = names, functions
        self.tokens, index = [], 0
        code = code.rstrip()
        while index < len(code):
            match = TOKEN.match(code, index)
            assert match, f"no EEL2: {code[index : index + 40]!r}"
            index = match.end()
            if match[3] is None:
                self.tokens.append((("number", "name", "", "sign")[match.lastindex - 1], match[match.lastindex]))
        self.tokens.append(("end", ""))

    def next(self) -> tuple[str, str]:
        return self.tokens[0]

    def take(self, wanted: str | None = None) -> str:
        kind, text = self.tokens.pop(0)
        assert wanted in (None, text), f"{text!r} where {wanted!r} should be, before {self.tokens[:8]}"
        return text

    def program(self) -> str:
        """The whole section."""
        lines = []
        while self.next()[0] != "end":
            lines.append(self.definition() if self.next()[1] == "function" else self.statement())
            self.take(";")
        return "\n".join(lines)

    def definition(self) -> str:
        """`function name() ( … )`: it becomes no code where it is defined."""
        self.take("function")
        name = self.take().lower()
        self.take("(")
        self.take(")")
        self.functions[name] = self.group()
        return ""

    def group(self) -> str:
        """`( statement; … )`"""
        self.take("(")
        lines = self.statements()
        self.take(")")
        return lines

    def statements(self) -> str:
        lines = []
        while self.next()[1] != ")":
            lines.append(self.statement())
            self.take(";")
        return "{\n" + "\n".join(lines) + "\n}"

    def statement(self) -> str:
        """A loop, what a condition in brackets decides, an assignment, or a call."""
        kind = self.next()[1]
        if kind == "loop":
            self.take()
            self.take("(")
            count = self.take()
            self.take(",")
            lines = self.statements()
            self.take(")")
            return f"for (int turn = 0; turn < {int(count)}; turn++) {lines}"
        if kind == "while":
            self.take()
            self.take("(")
            condition = self.expression()
            self.take(")")
            return f"while (fabs({condition}) >= 0.00001) {self.group()}"
        if kind != "(":
            return f"{self.assignment()};"
        condition = self.operand()
        self.take("?")
        text = f"if (fabs({condition}) >= 0.00001) {self.group()}"
        if self.next()[1] == ":":
            self.take()
            text += f" else {self.group()}"
        return text

    def assignment(self) -> str:
        """`name = …`, `memory[…] = …`, or a call."""
        name = self.take().lower()
        if self.next()[1] == "(":
            return self.call(name)
        target = self.element(name) if self.next()[1] == "[" else name
        self.take("=")
        value = self.expression()
        self.names.add(name)
        return f"{target} = {value}"

    def expression(self) -> str:
        """One operator at a time, so that no rule of precedence is needed; then perhaps `? … : …`."""
        left = self.operand()
        if (sign := self.next()[1]) in OPERATORS:
            self.take()
            left = operation(left, sign, self.operand())
        assert self.next()[1] not in OPERATORS, f"two operators without brackets, before {self.tokens[:8]}"
        if self.next()[1] != "?":
            return left
        self.take("?")
        first = self.operand()
        self.take(":")
        return f"(fabs({left}) >= 0.00001 ? {first} : {self.operand()})"

    def operand(self) -> str:
        kind, text = self.next()
        if text == "-":
            self.take()
            return f"(-{self.operand()})"
        if text == "(":
            self.take()
            inner = self.expression()
            self.take(")")
            return f"({inner})"
        assert kind in ("number", "name"), f"{text!r} is no value, before {self.tokens[:8]}"
        text = self.take().lower()
        if kind == "number":
            return text if "." in text else f"{text}.0"
        if self.next()[1] == "(":
            return self.call(text)
        assert text in self.names, f"{text} is read before it is written"
        return self.element(text) if self.next()[1] == "[" else text

    def element(self, name: str) -> str:
        assert name in self.names, f"{name} is read before it is written"
        self.take("[")
        index = self.expression()
        self.take("]")
        return f"*at({name} + {index})"

    def call(self, name: str) -> str:
        self.take("(")
        if name in self.functions:
            self.take(")")
            return f"{name}()"
        if name == "midirecv":
            return self.midirecv()
        arguments = [self.expression()]
        while self.next()[1] == ",":
            self.take()
            arguments.append(self.expression())
        self.take(")")
        assert FUNCTIONS.get(name) == len(arguments), f"{name} with {len(arguments)} arguments"
        c_name = {"abs": "fabs", "max": "fmax", "min": "fmin", "memset": "clear"}.get(name, name)
        return f"{c_name}({', '.join(arguments)})"

    def midirecv(self) -> str:
        """It writes its arguments."""
        rows = [self.take().lower(), self.take(","), self.take().lower(), self.take(","), self.take().lower()][::2]
        self.take(")")
        self.names.update(rows)
        return f"midirecv({', '.join('&' + name for name in rows)})"


def operation(left: str, sign: str, right: str) -> str:
    if sign in ("&", "|"):
        return f"(double)((long long){left} {sign} (long long){right})"
    if sign in ("==", "!="):
        return f"(double)(fabs({left} - {right}) {'<' if sign == '==' else '>='} 0.00001)"
    return f"(double)({left} {sign} {right})"
