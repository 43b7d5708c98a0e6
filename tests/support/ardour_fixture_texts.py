"""The fixtures of Ardour's reader as files. `PYTHONPATH=. python tests/support/ardour_fixture_texts.py` writes them;
`by_ardour.ardour` alone was saved by Ardour 7.3 itself, from `SONG` in test_ardour_edited.py.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from ardour_faults import FAULTS
from ardour_features import FAR, FEATURES, LENGTH
from ardour_text import RATE, session_text
from dawbridge.audio import Audio, write_audio
from dawbridge.midi_notes import BeatNote, write_notes

FOLDER = Path(__file__).parents[1] / "fixtures" / "ardour"


def feature_text(name: str) -> str:
    """The document of a feature."""
    source = FEATURES[name]
    extra = {"sources": {"second.wav": 1, "gone.wav": 2} | dict.fromkeys(FAR, 2)}
    document = session_text(replace(source, sources=source.sources | extra.get(name, {})))
    if name == "vca":
        met = '<masters><master id="800" val-ctrl="1" val-master="0.8"/></masters></Controllable>'
        document = document.replace('flags="GainLike" value="0.8"/>', f'flags="GainLike" value="0.8">{met}')
        followed = '<Slavable><Master number="1"/></Slavable></Route></Routes>'
        document = document.replace("<Slavable/></Route></Routes>", followed)
    return document


def version_6() -> str:
    """A session as Ardour 6 writes it: times in samples."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<Session version="6000" name="six" sample-rate="48000" id-counter="99"><Config/><Sources>'
        '<Source name="stereo.wav" type="audio" flags="" id="1" channel="0"/>'
        '<Source name="stereo.wav" type="audio" flags="" id="2" channel="1"/></Sources><Locations>'
        '<Location id="3" name="session" start="0" end="480" flags="IsSessionRange"/></Locations><Routes>'
        '<Route id="4" name="Master" default-type="audio" active="1">'
        '<PresentationInfo order="0" flags="MasterOut,OrderSet"/><IO name="Master" id="5" direction="Input">'
        '<Port type="audio" name="Master/audio_in 1"/><Port type="audio" name="Master/audio_in 2"/></IO></Route>'
        '<Route id="6" name="a" default-type="audio" active="1" audio-playlist="7">'
        '<PresentationInfo order="1" flags="AudioTrack,OrderSet"/><IO name="a" id="8" direction="Input">'
        '<Port type="audio" name="a/audio_in 1"/><Port type="audio" name="a/audio_in 2"/></IO>'
        '<IO name="a" id="9" direction="Output"><Port type="audio" name="a/audio_out 1">'
        '<Connection other="Master/audio_in 1"/></Port><Port type="audio" name="a/audio_out 2">'
        '<Connection other="Master/audio_in 2"/></Port></IO>'
        '<Processor id="10" name="player" active="1" type="diskreader"/>'
        '<Processor id="11" name="Amp" active="1" type="amp"><Automation>'
        '<AutomationList automation-id="gain" id="12" interpolation-style="Discrete" state="Play"><events>'
        '0 1\n240 0.5\n</events></AutomationList></Automation><Controllable name="gaincontrol" id="13" value="1"/>'
        '</Processor></Route></Routes><Playlists><Playlist id="7" name="a" type="audio" orig-track-id="6">'
        '<Region name="r" type="audio" id="14" start="20" length="300" position="100" layer="0" opaque="1" '
        'muted="0" channels="2" source-0="1" source-1="2" fade-in-active="0" fade-out-active="0" '
        'scale-amplitude="0.5"/></Playlist></Playlists><TempoMap>'
        '<Tempo pulse="0" beats-per-minute="100" end-beats-per-minute="100" note-type="4" active="1"/>'
        '<Meter pulse="0" divisions-per-bar="3" note-type="4"/></TempoMap></Session>\n'
    )


def files() -> dict[str, bytes]:
    """Every fixture but Ardour's own: path in the folder → content."""
    rows = {f"{name}.ardour": feature_text(name).encode() for name in FEATURES}
    rows["version_6.ardour"] = version_6().encode()
    return rows | {f"corrupted/{name}.ardour": data for name, data in FAULTS.items()}


def main() -> None:
    """Write them, and the sounds they name."""
    sounds = FOLDER / "interchange" / "song"
    random = np.random.default_rng(11)
    for name, channels in (("stereo.wav", 2), ("mono.wav", 1), ("second.wav", 1)):
        noise = random.uniform(-0.5, 0.5, (channels, LENGTH)).astype(np.float32)
        write_audio(sounds / "audiofiles" / name, Audio(noise, RATE))
    (sounds / "midifiles").mkdir(parents=True, exist_ok=True)
    notes = [BeatNote(0.0, 60, 0.5, 100), BeatNote(0.75, 64, 1.0, 90), BeatNote(2.0, 67, 3.0, 80)]
    write_notes(notes, sounds / "midifiles" / "notes.mid")
    for name, data in files().items():
        path = FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
