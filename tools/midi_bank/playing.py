"""A MIDI file's parts, each played alone: without reverb or chorus, at a level of its own as the file has it.

A part is what one track of the song holds: some notes of one MIDI channel, and all other messages of that channel.
"""

from collections.abc import Callable
from pathlib import Path

import mido
import numpy as np

from dawbridge.audio import Audio, AudioFormat, write_audio
from dawbridge.names import safe_file_name

SAMPLE_RATE, PEAK, GAIN = 44100, 0.7, 0.4
DRUMS = 9
AUDIBLE = 1e-3

Events = list[tuple[float, mido.Message]]  # (second, message), in order


def what_is_missing(bank: Path, package: str) -> str | None:
    """A line on what is missing to play and how to get it; `package` is Debian's that has the bank. None: nothing."""
    try:
        import fluidsynth  # noqa: F401
    except ImportError as error:
        return f"{error}; pip install pyfluidsynth, and the library (Debian: apt install libfluidsynth3)"
    return None if bank.is_file() else f"{bank}: no such bank; name a SoundFont (Debian: apt install {package})"


def timed_events(midi: mido.MidiFile, seconds: float) -> Events:
    """(second, message) of the channels' messages before `seconds`, in order."""
    now, events = 0.0, []
    for message in midi:
        now += message.time
        if now >= seconds:
            break
        if not message.is_meta and hasattr(message, "channel"):
            events.append((now, message))
    return events


def parts(events: Events, name_of: Callable[[mido.Message], str]) -> dict[str, Events]:
    """Name → the events of that part, in the order of channels; `name_of` says to which part a note belongs."""
    channels = sorted({message.channel for _, message in events if message.type == "note_on"})
    found = {}
    for channel in channels:
        own = [event for event in events if event[1].channel == channel]
        for name in dict.fromkeys(name_of(message) for _, message in own if message.type == "note_on"):
            found[name] = [(s, m) for s, m in own if not m.type.startswith("note_") or name_of(m) == name]
    return found


def write_parts(song: dict[str, Events], bank: Path, seconds: float, folder: Path, format: AudioFormat) -> list[str]:
    """Play the parts of a song into `folder`, its loudest peak at -3 dBFS; the names of those that ever sound."""
    sounds = {name: _played(events, bank, seconds) for name, events in song.items()}
    sounds = {name: samples for name, samples in sounds.items() if np.abs(samples).max() > AUDIBLE}
    peak = max((float(np.abs(samples).max()) for samples in sounds.values()), default=1.0)
    for number, (name, samples) in enumerate(sounds.items()):
        path = folder / f"{safe_file_name(name)}.{format.suffix}"
        write_audio(path, Audio(samples * np.float32(PEAK / peak), SAMPLE_RATE), format, dither_seed=number)
    return list(sounds)


def _played(events: Events, bank: Path, seconds: float) -> np.ndarray:
    """[2, n] float32 of one channel's events."""
    import fluidsynth

    channel = events[0][1].channel
    synth = fluidsynth.Synth(gain=GAIN, samplerate=SAMPLE_RATE)
    for effect in ("reverb", "chorus"):
        synth.setting(f"synth.{effect}.active", 0)
    number = synth.sfload(str(bank))
    synth.program_select(channel, number, 128 if channel == DRUMS else 0, 0)
    pieces, done = [], 0
    for second, message in [*events, (seconds, None)]:
        if (length := round(second * SAMPLE_RATE) - done) > 0:
            pieces.append(synth.get_samples(length))
            done += length
        if message is not None:
            _send(synth, channel, number, message)
    synth.delete()
    samples = np.concatenate(pieces).astype(np.float32).reshape(-1, 2).T / 32768
    return np.ascontiguousarray(samples)


def _send(synth, channel: int, bank: int, message: mido.Message) -> None:
    if message.type == "note_on":
        synth.noteon(channel, message.note, message.velocity)
    elif message.type == "note_off":
        synth.noteoff(channel, message.note)
    elif message.type == "control_change":
        synth.cc(channel, message.control, message.value)
    elif message.type == "program_change" and channel != DRUMS:
        synth.program_select(channel, bank, 0, message.program)
    elif message.type == "pitchwheel":
        synth.pitch_bend(channel, message.pitch)
