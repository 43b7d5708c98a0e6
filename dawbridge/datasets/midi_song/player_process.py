"""The process that plays: `python -m dawbridge.datasets.midi_song.player_process` reads one job on standard input.

The job is JSON: `sample_rate`, `length_samples`, `folder`, and `tracks`, each with `name`, `dsp` (path) and
`notes` (rows of pitch, velocity, start_s, length_s). It writes `<folder>/<name>.wav` for each.

An instrument is a Faust text with the controls freq, gain and gate. Its last output is no sound but a level.
The host frees a released voice at the first sample in which all its outputs are near zero, which for a sound
alone is its next zero crossing; the level holds the voice until it has died away. Voices are many, so that
none is stolen: a stolen voice may miss its note.

DawDreamer lives in this process alone, so that a caller stays free of its engine and threads.
"""

import json
import sys
from pathlib import Path
from typing import Any

import dawdreamer

from dawbridge.audio import Audio, write_audio
from dawbridge.names import safe_file_name
from dawbridge.render.hosts.denormals import flush_denormals

BLOCK_SIZE = 512
VOICES = 16


def prepare(track: dict[str, Any], sample_rate: int) -> tuple[Any, Any]:
    """(engine, synth) of one track, its notes loaded."""
    engine = dawdreamer.RenderEngine(sample_rate, BLOCK_SIZE)
    synth = engine.make_faust_processor(track["name"])
    synth.num_voices = VOICES
    synth.set_dsp_string(Path(track["dsp"]).read_text(encoding="utf-8"))
    if not synth.compile():
        raise ValueError(f"{track['dsp']} does not compile")
    for pitch, velocity, start_s, length_s in track["notes"]:
        synth.add_midi_note(pitch, velocity, start_s, length_s)
    engine.load_graph([(synth, [])])
    return engine, synth


def main() -> None:
    """Play every track of the job. All compile first: Faust's compiler aborts once denormals are flushed."""
    job = json.load(sys.stdin)
    rate, length = job["sample_rate"], job["length_samples"]
    prepared = [prepare(track, rate) for track in job["tracks"]]
    flush_denormals()
    for track, (engine, _) in zip(job["tracks"], prepared, strict=True):
        engine.render((length + 0.5) / rate)
        path = Path(job["folder"]) / f"{safe_file_name(track['name'])}.wav"
        write_audio(path, Audio(engine.get_audio()[:-1, :length], rate))


if __name__ == "__main__":
    main()
