"""Writes the folder of an export."""

from dataclasses import replace
from pathlib import Path

from dawbridge.devices import get_device
from dawbridge.files import write_text
from dawbridge.formats.audio_files import AudioFiles
from dawbridge.formats.bounce import make_playable
from dawbridge.formats.jsfx import jsfx_text
from dawbridge.formats.loss import Loss, Losses
from dawbridge.formats.reaper.text import to_text, token_text
from dawbridge.formats.reaper.writer.context import AUDIO, EFFECTS, Export
from dawbridge.formats.reaper.writer.devices import reason_against
from dawbridge.formats.reaper.writer.layout import make_layout
from dawbridge.formats.reaper.writer.project import project_block
from dawbridge.formats.reaper.writer.settings_files import write_settings
from dawbridge.formats.reaper.writer.sidechains import make_sidechains
from dawbridge.names import file_names, safe_file_name, unique_name
from dawbridge.session import Rendered, Session
from dawbridge.session.model import MASTER

_LONGEST_STEM = 100
_TRIM = """\
desc:dawbridge trim
//author: dawbridge
slider1:0<-120,24,0.0001>trim_db
slider2:0<0,1,1>inverted
@slider
gain = 10 ^ (slider1 / 20) * (1 - 2 * slider2);
@sample
spl0 *= gain;
spl1 *= gain;
"""
_README = """\
{name}.rpp is a project for REAPER 6 and 7. It was not opened in REAPER: the format was checked by other programs.

The audio is in `audio`; the folder may be moved as a whole. Each .RfxChain is one channel's chain of effects, to be
loaded on any track.
"""
_INSTALL = """
Some effects are JSFX that lie here. Before opening the project, copy the folder `Effects/dawbridge` into the folder
`Effects` of REAPER (Options, Show REAPER resource path).
"""


def write(session: Session, rendered: Rendered, path: Path, sources: Path) -> list[Loss]:
    """Fill the folder `path` with a project. What REAPER cannot hold is a Loss; what it cannot play is bounced."""
    losses, original = Losses("reaper"), session
    playable = make_playable(session, rendered, reason_against, losses)
    session, rendered = playable.session, replace(rendered, states=playable.states)
    names = _track_names(session, losses)
    export = Export(
        session,
        rendered,
        path,
        sources,
        losses,
        AudioFiles(sources, path / AUDIO, session.sample_rate, playable.bounces),
        make_layout(session),
        names,
        file_names([*names, MASTER], _LONGEST_STEM),
        make_sidechains(session, losses),
    )
    write_settings(original, export)
    text = to_text(project_block(export)) + "\n"
    stem = _short(safe_file_name(session.name))
    write_text(path / f"{stem}.rpp", text)
    for name in sorted(export.jsfx):
        write_text(path / EFFECTS / f"{name}.jsfx", _TRIM if name == "trim" else jsfx_text(get_device(name)))
    write_text(path / "README.txt", _README.format(name=stem) + (_INSTALL if export.jsfx else ""))
    return list(losses)


def _track_names(session: Session, losses: Losses) -> dict[str, str]:
    """Channel → the unique name of its track."""
    names: dict[str, str] = {}
    kept = {channel.name for channel in session.channels if token_text(channel.name) == channel.name}
    for channel in session.channels:
        name = token_text(channel.name)
        if name != channel.name:
            name = unique_name(name, {*kept, *names.values(), MASTER})
            losses.add("channel.name", f"channel {channel.name!r}", f"its name; it is {name!r}")
        names[channel.name] = name
    return names


def _short(name: str) -> str:
    return name[:_LONGEST_STEM].rstrip(" .") or "%"
