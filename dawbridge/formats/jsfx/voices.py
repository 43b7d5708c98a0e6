"""The code sections of an instrument's JSFX: it plays notes with sixteen voices.

A voice is a block of memory at the address `voice`: the numbers that Faust's code remembers or computes from the note,
then the four numbers of `_NOTE`. Which voice plays which note, and when it ends, is as in dawbridge's own render, where
Faust's polyphonic host computes all voices sample by sample. formats/lv2/instrument.h says why a stolen voice repeats
the output of the voice before it. MIDI arrives once per block and waits in `queue` for its sample.
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
_USED = (
    "voice",
    "pitch",
    "velocity",
    "found",
    "next",
    "now",
    "output0",
    "output1",
)  # that are read before they are written


@dataclass(frozen=True)
class _VoiceMemory:
    """The memory of one voice.

    names: variable in Faust's code → its element of the voice's memory, `voice[3]`
    size:  count of numbers
    """

    names: dict[str, str]
    size: int

    def voiced(self, lines: tuple[str, ...]) -> str:
        """The lines with each variable of a voice replaced by its element of memory."""
        return "\n".join(_NAME.sub(lambda match: self.names.get(match[0], match[0]), line) for line in lines)

    def fill(self, text: str, **more: str) -> list[str]:
        """The lines of one of the templates above."""
        rows = {name: self.size - len(_NOTE) + index for index, name in enumerate(_NOTE)}
        states = {"free": _FREE, "held": _HELD, "released": _RELEASED, "stolen": _STOLEN}
        numbers = {"voices": VOICES, "size": self.size, "end": VOICES * self.size, "never": _NEVER}
        fields: dict[str, str | int] = {**rows, **states, **numbers, "silence": _SILENCE, "most": _MOST_EVENTS, **more}
        return text.format(**fields).splitlines()


def instrument_sections(program: Program, reads: list[str]) -> dict[str, list[str]]:
    """Section → lines. `reads` are lines that read the sliders. Raises DawbridgeError for code with delay lines."""
    if program.delays:
        raise DawbridgeError(f"Faust's JSFX has the delay line {next(iter(program.delays))}, which no voice can have")
    slow = [match[1] for line in program.slider if (match := _ASSIGNED.match(line))]
    notes = [program.variables[name] for name in NOTE_CONTROLS]
    own = [*program.remembered, *slow, *notes]
    memory = _VoiceMemory({name: f"voice[{index}]" for index, name in enumerate(own)}, len(own) + len(_NOTE))
    controls = {name: memory.names[program.variables[name]] for name in NOTE_CONTROLS}
    end = VOICES * memory.size
    start = [f"memset(0, 0, {end});", f"queue = {end};", f"queue[0] = {_NEVER};", *program.constants]
    start += [f"{name} = 0;" for name in (*_USED, *program.variables.values()) if name not in notes]
    each = ["voice = 0;", f"loop({VOICES},", "control();", f"voice = (voice + {memory.size});", ");"]
    return {
        "@init": [*start, *memory.fill(_FUNCTIONS, control=memory.voiced(program.slider), **controls)],
        "@slider": [*reads, *each],
        "@block": memory.fill(_BLOCK),
        "@sample": memory.fill(_SAMPLE, sample=memory.voiced(program.sample)),
    }
