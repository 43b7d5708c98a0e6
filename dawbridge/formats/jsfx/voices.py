"""The code sections of an instrument's JSFX: notes in, sixteen voices out.

A voice is a stretch of memory at `voice`: what Faust's code remembers of it and what follows from its note, then the
four numbers of `_NOTE`. Which voice plays which note, and when it ends, is as in our own render, where Faust's host
computes all voices sample by sample; see formats/lv2/instrument.h, which says why a stolen voice repeats what the voice
before it gave. MIDI comes in a block at a time and waits in `queue` for its sample.
"""

import re
from dataclasses import dataclass

from dawbridge.devices.faust.instrument import NOTE_CONTROLS, VOICES
from dawbridge.errors import DawbridgeError
from dawbridge.formats.jsfx.program import Program

_NOTE = ("state", "pitch", "velocity", "uses")
_FREE, _HELD, _RELEASED, _STOLEN = range(4)
_ASSIGNED = re.compile(r"(\w+) = ")
_NAME = re.compile(r"\b[a-zA-Z_]\w*\b")
_SILENCE = "0.00003162"
_MOST_EVENTS = 1024
_NEVER = 2**30

_FUNCTIONS = """\
function control() (
{control}
);
function begin() (
{freq} = (440 * pow(2, ((voice[{pitch}] - 69) / 12)));
{gain} = (voice[{velocity}] / 127);
{gate} = 1;
voice[{state}] = {held};
control();
);
function release() (
{gate} = 0;
voice[{state}] = {released};
control();
);
function note_on() (
chosen = (-1);
least = {never};
voice = 0;
loop({voices},
((voice[{state}] == {free}) & (chosen < 0)) ? (chosen = voice;);
voice = (voice + {size});
);
is_free = (chosen >= 0);
wanted = {released};
loop(2,
voice = 0;
loop({voices},
((((voice[{state}] == {released}) == (wanted == {released})) & (voice[{uses}] < least)) & (chosen < 0)) ? (
least = voice[{uses}];
found = voice;
);
voice = (voice + {size});
);
((chosen < 0) & (least < {never})) ? (chosen = found;);
wanted = {held};
);
voice = chosen;
voice[{uses}] = (voice[{uses}] + 1);
voice[{pitch}] = pitch;
voice[{velocity}] = velocity;
(is_free) ? (begin();) : (voice[{state}] = {stolen};);
);
function note_off() (
chosen = (-1);
least = {never};
voice = 0;
loop({voices},
(((voice[{state}] == {held}) | (voice[{state}] == {stolen})) & (voice[{pitch}] == pitch)) ? (
(voice[{uses}] < least) ? (
least = voice[{uses}];
chosen = voice;
);
);
voice = (voice + {size});
);
voice = chosen;
(chosen >= 0) ? (release(););
);
function all_notes_off() (
voice = 0;
loop({voices},
((voice[{state}] == {held}) | (voice[{state}] == {stolen})) ? (release(););
voice = (voice + {size});
);
);
"""
_BLOCK = """\
events = 0;
while(midirecv(offset, status, data)) (
(events < {most}) ? (
queue[(3 * events)] = offset;
queue[((3 * events) + 1)] = status;
queue[((3 * events) + 2)] = data;
events = (events + 1);
);
);
queue[(3 * events)] = {never};
next = 0;
now = 0;
"""
_SAMPLE = """\
while(queue[(3 * next)] <= now) (
status = (queue[((3 * next) + 1)] & 240);
data = queue[((3 * next) + 2)];
pitch = (data & 127);
velocity = (floor((data / 256)) & 127);
next = (next + 1);
((status == 144) & (velocity > 0)) ? (note_on(););
((status == 128) | ((status == 144) & (velocity == 0))) ? (note_off(););
((status == 176) & (pitch == 123)) ? (all_notes_off(););
((status == 176) & (pitch == 120)) ? (memset(0, 0, {end}););
);
now = (now + 1);
left = 0;
right = 0;
voice = 0;
loop({voices},
(voice[{state}] != {free}) ? (
(voice[{state}] == {stolen}) ? (begin();) : (
{sample}
loudness = sqrt(((((output0 * output0) + (output1 * output1)) + (output2 * output2)) / 3));
((voice[{state}] == {released}) & (loudness < {silence})) ? (voice[{state}] = {free};);
);
left = (left + output0);
right = (right + output1);
);
voice = (voice + {size});
);
spl0 = left;
spl1 = right;
"""
_USED = ("voice", "pitch", "velocity", "found", "next", "now", "output0", "output1")  # before they are written


@dataclass(frozen=True)
class _Places:
    """Where a voice keeps what: name → how the code calls it, and numbers for the texts above."""

    names: dict[str, str]
    size: int

    def voiced(self, lines: tuple[str, ...]) -> str:
        """The lines with a voice's own numbers in its memory."""
        return "\n".join(_NAME.sub(lambda match: self.names.get(match[0], match[0]), line) for line in lines)

    def fill(self, text: str, **more) -> list[str]:
        rows = {name: self.size - len(_NOTE) + place for place, name in enumerate(_NOTE)}
        states = {"free": _FREE, "held": _HELD, "released": _RELEASED, "stolen": _STOLEN}
        numbers = {"voices": VOICES, "size": self.size, "end": VOICES * self.size, "never": _NEVER}
        limits = {"silence": _SILENCE, "most": _MOST_EVENTS}
        return text.format(**rows, **states, **numbers, **limits, **more).splitlines()


def instrument_sections(program: Program, reads: list[str]) -> dict[str, list[str]]:
    """Section → lines. `reads` set the parameters' variables. Raises DawbridgeError for code with delay lines."""
    if program.delays:
        raise DawbridgeError(f"Faust's JSFX has the delay line {program.delays[0]}, which no voice can have")
    slow = [match[1] for line in program.slider if (match := _ASSIGNED.match(line))]
    notes = [program.variables[name] for name in NOTE_CONTROLS]
    own = [*program.remembered, *slow, *notes]
    places = _Places({name: f"voice[{place}]" for place, name in enumerate(own)}, len(own) + len(_NOTE))
    controls = {name: places.names[program.variables[name]] for name in NOTE_CONTROLS}
    end = VOICES * places.size
    start = [f"memset(0, 0, {end});", f"queue = {end};", f"queue[0] = {_NEVER};", *program.constants]
    start += [f"{name} = 0;" for name in (*_USED, *program.variables.values()) if name not in notes]
    each = ["voice = 0;", f"loop({VOICES},", "control();", f"voice = (voice + {places.size});", ");"]
    return {
        "@init": [*start, *places.fill(_FUNCTIONS, control=places.voiced(program.slider), **controls)],
        "@slider": [*reads, *each],
        "@block": places.fill(_BLOCK),
        "@sample": places.fill(_SAMPLE, sample=places.voiced(program.sample)),
    }
