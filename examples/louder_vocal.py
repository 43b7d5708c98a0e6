"""Change one fader of a recovered session, render it again, and measure the difference.

python examples/louder_vocal.py SESSION TRACK DB OUT
"""

import sys
from pathlib import Path

import dawbridge as db
from dawbridge.session import write_session


def main(session_path: str, name: str, gain_db: str, out: str) -> None:
    session = db.load_session(session_path)
    if name not in (names := [track.name for track in session.tracks]):
        sys.exit(f"no track {name!r}; there are {', '.join(names)}")
    louder = [
        track.model_copy(update={"fader_db": track.fader_db + float(gain_db)}) if track.name == name else track
        for track in session.tracks
    ]
    # Beside the original, since its audio paths are relative to its folder.
    changed = Path(session_path).with_name(f"session-{name}-louder.json")
    write_session(session.with_tracks(louder), changed)
    print(db.render(changed, out))
    before = Path(session_path).with_name("mix.wav")
    print(db.evaluate(before, Path(out) / "mix.wav"))


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 5 else sys.exit(__doc__)
