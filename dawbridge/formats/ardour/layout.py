"""What of a Session stands where in an Ardour session: tracks, their audio, plugins, fader and balance.

A chain of hosted plugins stays a chain: dry audio, the plugins with their states, fader, balance. A chain
with a built-in device becomes two tracks: the dry audio (muted), and the chain's output as audio ("printed").

Both of our pan laws become Ardour's stereo balance, which turns the far side down linearly: with L >= R the
fader is L and the azimuth R / 2L, else the fader is R and the azimuth 1 - L / 2R. So every pair of gains is
met exactly, for mono files too (they stand in both channels).
"""

from dataclasses import dataclass, replace

from dawbridge.devices import DeviceSpec, get_device
from dawbridge.formats.ardour.names import free_name
from dawbridge.formats.ardour.plugins import ArdourPlugin, make_plugins
from dawbridge.formats.loss import Loss
from dawbridge.session import Rendered, Session, Track, channel_gains


@dataclass(frozen=True)
class ArdourTrack:
    """A stereo track.

    track:   the session track's name
    is_wet:  its audio is the chain's output, else the dry audio
    fader:   linear gain; one beyond the +6 dB where Ardour's faders end plays as written until it is touched
    azimuth: of the balance, 0 left, 1 right
    """

    name: str
    track: str
    is_wet: bool
    fader: float
    azimuth: float
    is_muted: bool
    plugins: tuple[ArdourPlugin, ...] = ()


def make_layout(session: Session, rendered: Rendered) -> tuple[list[ArdourTrack], list[Loss]]:
    """The Ardour session's tracks in order, and what could not be carried."""
    tracks, losses, taken = [], [], set()
    for track in session.tracks:
        fader, azimuth = fader_and_azimuth(*channel_gains(track, session.pan_law))
        name = free_name(track.name, taken)
        if name != track.name:
            losses.append(Loss(_place(track), "its name", f"Ardour cannot take it; it is {name!r} there"))
        built_in = [spec.label for spec in _specs(track) if not spec.is_hosted]
        plugins = () if built_in else make_plugins(track, rendered, losses)
        tracks.append(ArdourTrack(name, track.name, False, fader, azimuth, track.is_muted, plugins))
        if built_in:
            printed = free_name(f"{name} (printed)", taken)
            tracks[-1] = replace(tracks[-1], is_muted=True)
            tracks.append(ArdourTrack(printed, track.name, True, fader, azimuth, track.is_muted))
            losses.append(_printed_loss(track, built_in, printed, name))
    return tracks, losses


def fader_and_azimuth(left: float, right: float) -> tuple[float, float]:
    """(linear fader, azimuth 0..1) of a stereo balance that gives the gains `left` and `right`."""
    if left == right:
        return left, 0.5
    return (left, right / left / 2.0) if left > right else (right, 1.0 - left / right / 2.0)


def _place(track: Track) -> str:
    return f"track {track.name!r}"


def _specs(track: Track) -> list[DeviceSpec]:
    return [get_device(device.device, _place(track)) for device in track.devices]


def _printed_loss(track: Track, built_in: list[str], printed: str, dry: str) -> Loss:
    return Loss(
        _place(track),
        f"its chain as devices ({', '.join(spec.label for spec in _specs(track))})",
        f"Ardour has no dawbridge {', '.join(built_in)}; the chain's output stands as audio in {printed!r}, "
        f"the dry audio in {dry!r}, muted",
    )
