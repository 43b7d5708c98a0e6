"""Pieces of project.xml, to write DAWproject fixtures by hand."""

import io
import wave

import numpy as np

RATE = 8000
KNOWN_VST3 = "2046504473616C633250435A00000000"  # ZamCompX2
FOREIGN_VST3 = "0123456789ABCDEF0123456789ABCDEF"


def sound(channels: int = 1, rate: int = RATE, length: int = 800) -> bytes:
    """A 16-bit WAV of noise."""
    samples = np.random.default_rng(channels).integers(-8000, 8000, (length, channels), dtype=np.int16)
    file = io.BytesIO()
    with wave.open(file, "wb") as target:
        target.setnchannels(channels)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(samples.tobytes())
    return file.getvalue()


def audio(path: str = "audio/one.wav", **attributes) -> str:
    """An Audio element."""
    file = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<Audio channels="1" sampleRate="{RATE}" duration="0.1"><File path="{path}"{file}/></Audio>'


def channel(identity: str, inner: str = "", role: str = "regular", to: str = "m") -> str:
    """A Channel; `to` its destination."""
    target = f' destination="{to}"' if to else ""
    return f'<Channel audioChannels="2" role="{role}" id="{identity}"{target}>{inner}</Channel>'


def track(number: int, inner: str = "", name: str = "", kind: str = "audio", nested: str = "", **options) -> str:
    """The Track t1 with its Channel c1, and so on."""
    row = channel(f"c{number}", inner, **options)
    return f'<Track contentType="{kind}" id="t{number}" name="{name or f"Track {number}"}">{row}{nested}</Track>'


MASTER = '<Track contentType="audio" id="tm" name="Master">' + channel("m", role="master", to="") + "</Track>"
TRANSPORT = (
    '<Transport><Tempo unit="bpm" value="120" id="tempo"/>'
    '<TimeSignature numerator="4" denominator="4" id="sig"/></Transport>'
)
CLIP = f'<Clip time="0" duration="0.2">{audio()}</Clip>'


def lanes(number: int, clips: str, points: str = "") -> str:
    """What lies on a track."""
    inner = f"<Clips>{clips}</Clips>" if clips else ""
    return f'<Lanes track="t{number}">{inner}{points}</Lanes>'


def project(tracks: str, timeline: str, transport: str = TRANSPORT, after: str = "", unit: str = "beats") -> str:
    """project.xml."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Project version="1.0"><Application name="By hand" version="1"/>'
        f"{transport}<Structure>{tracks}{MASTER}</Structure>"
        f'<Arrangement id="arr"><Lanes timeUnit="{unit}" id="root">{timeline}</Lanes>{after}</Arrangement></Project>'
    )


def points(parameter: str, unit: str, rows, kind: str = "RealPoint", **attributes) -> str:
    """Points of a parameter: rows of (time, value, interpolation)."""
    extra = "".join(f' {name}="{value}"' for name, value in attributes.items())
    inner = "".join(
        f'<{kind} time="{time}" value="{value}"' + (f' interpolation="{shape}"/>' if shape else "/>")
        for time, value, shape in rows
    )
    target = f'parameter="{parameter}"' if ":" not in parameter else f'expression="{parameter.split(":")[1]}"'
    return f'<Points unit="{unit}"{extra}><Target {target}/>{inner}</Points>'


def volume(value, unit: str = "linear", identity: str = "v1") -> str:
    return f'<Volume unit="{unit}" value="{value}" id="{identity}"/>'


def pan(value, unit: str = "normalized", more: str = "") -> str:
    return f'<Pan unit="{unit}" value="{value}" id="p1"{more}/>'


def device(tag: str, inner: str = "", role: str = "audioFX", **attributes) -> str:
    row = {"deviceName": tag, "deviceRole": role} | attributes
    extra = " ".join(f'{name}="{value}"' for name, value in row.items())
    return f"<{tag} {extra}>{inner}</{tag}>"


def real(tag: str, value, unit: str, identity: str = "") -> str:
    extra = f' id="{identity}"' if identity else ""
    return f'<{tag} value="{value}" unit="{unit}"{extra}/>'


def chain(*devices: str) -> str:
    return f"<Devices>{''.join(devices)}</Devices>"


def band(kind: str, *rows: str, more: str = "") -> str:
    return f'<Band type="{kind}"{more}>{"".join(rows)}</Band>'


def notes(*rows) -> str:
    """Notes: (time, duration, key, velocity)."""
    inner = "".join(f'<Note time="{t}" duration="{d}" channel="0" key="{k}" vel="{v}"/>' for t, d, k, v in rows)
    return f"<Notes>{inner}</Notes>"
