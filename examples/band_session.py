"""A session from scratch: a song is written and played, mixed with buses, sends, a ducked bass and a moving fader.

python examples/band_session.py FOLDER OUT
"""

import sys
from pathlib import Path

import dawbridge as db
from dawbridge import session as ses
from dawbridge.datasets.midi_song import make_song
from dawbridge.datasets.midi_song.score import BPM
from dawbridge.session.stem_folder import session_from_folder

DUCKING = {"threshold_db": -30.0, "ratio": 4.0}
DUCK = ses.Device(device="sidechain_compressor", values=DUCKING, sidechain=ses.Sidechain(source="kick"))
HALL = ses.Device(device="reverb", values={"wet_0to1": 1.0, "dry_0to1": 0.0, "decay_s": 2.5})
RISE = ses.Automation(points=(ses.Point(time=0.0, value=-40.0), ses.Point(time=8.0, value=-6.0)), unit="beats")


def main(folder: str, out: str) -> None:
    session = session_from_folder(make_song(Path(folder)), beside=Path(folder))
    own = {name: {"output": "drums"} for name in ("kick", "snare", "hats")} | {"bass": {"devices": (DUCK,)}}
    own |= {"lead": {"sends": (ses.Send(to="hall", gain_db=-9.0),)}, "pad": {"automation": {"fader_db": RISE}}}
    notes = ses.MidiClip(midi="song.mid", channel=1)
    synth = ses.Track(name="synth", instrument=ses.Device(device="synth"), midi_clips=(notes,))
    drums = ses.Bus(name="drums", devices=(ses.Device(device="compressor"),))
    rest = {"buses": (drums, ses.Bus(name="hall", devices=(HALL,))), "master": ses.Master(fader_db=-3.0)}
    rest |= {"tempo": ses.TempoMap(tempos=(ses.Tempo(bpm=BPM),)), "name": "band", "tail_s": "auto"}
    tracks = [track.model_copy(update=own.get(track.name, {})) for track in session.tracks]
    ses.write_session(session.with_tracks([*tracks, synth]).model_copy(update=rest), Path(folder) / "session.json")
    print(db.render(Path(folder) / "session.json", out, db.RenderOptions(with_stems=True, loudness_lufs=-18.0)))


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 3 else sys.exit(__doc__)
