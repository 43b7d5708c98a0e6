"""Progress: bars on a terminal, lines elsewhere, nothing when quiet."""

import io

from dawbridge.progress import Bars, Lines, Progress, progress_for


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_stream_decides():
    assert isinstance(progress_for(Terminal()), Bars)
    assert isinstance(progress_for(io.StringIO()), Lines)
    assert type(progress_for(Terminal(), is_quiet=True)) is Progress


def test_lines_tell_the_time_left():
    times = iter([0.0, 4.0, 12.0, 20.0])
    stream = io.StringIO()
    lines = Lines(stream, now=lambda: next(times))
    lines.start("search", 100)
    lines.advance(10)  # too soon after the start to say anything
    lines.advance(20, "null -3 dB")
    lines.close()
    assert stream.getvalue().splitlines() == [
        "search …",
        "search: 30/100, about 28 s left; null -3 dB",
        "search: done in 20.0 s; null -3 dB",
    ]


def test_bars_show_stage_and_note():
    stream = Terminal()
    bars = Bars(stream)
    bars.start("network", 3)
    bars.advance(2, "loss 0.1")
    bars.say("a note")
    bars.close()
    assert "network" in stream.getvalue() and "a note" in stream.getvalue()
