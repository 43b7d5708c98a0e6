"""Send a sound through one device, built-in or hosted, and write the result.

python examples/one_device.py IN.wav OUT.wav DEVICE [PARAMETER=VALUE ...]
"""

import sys
from pathlib import Path

from dawbridge.audio import read_audio, write_audio
from dawbridge.render import Farm, render_session
from dawbridge.session import Device, Session, Track


def main(source: str, target: str, device: str, *settings: str) -> None:
    path = Path(source).resolve()
    sound = read_audio(path)
    values = {name: float(value) for name, value in (setting.split("=") for setting in settings)}
    track = Track(name="in", audio=path.name, channels=2, devices=(Device(device=device, values=values),))
    session = Session(sample_rate=sound.sample_rate, length_samples=sound.length_samples, tracks=(track,))
    with Farm(workers=1) as farm:
        write_audio(Path(target), render_session(session, path.parent, farm).mix)


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) > 3 else sys.exit(__doc__)
