"""The charts of a report: spectra, level over time, where recovered and reference differ, progress."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from dawbridge.audio import Audio
from dawbridge.report.axes import frequency_axis, linear_axis, time_axis
from dawbridge.report.bands import Bands, band_powers, level_over_time, peaks
from dawbridge.report.chart import Line, difference_chart, line_chart
from dawbridge.report.players import LABELS
from dawbridge.units import gain_to_db

COLUMNS = 480
DIFFERENCE_DB = 12.0  # the ends of the difference picture's colours
RANGE_DB = 75.0  # below the loudest, what the pictures still show
CURVE_POINTS = 500
_WAVE_POINTS = 600


@dataclass(frozen=True)
class Picture:
    """A chart with its caption. `keys` are (class, label) of its lines, for the legend."""

    title: str
    caption: str
    svg: Markup
    keys: tuple[tuple[str, str], ...] = ()


def sound_pictures(signals: dict[str, Audio], gains_db: dict[str, float]) -> list[Picture]:
    """What the signals (key → [2, n]) look like. `gains_db` brings each to the players' loudness."""
    thirds = {key: band_powers(audio, 3, 1) for key, audio in signals.items()}
    spectra = {key: bands.mean_db() + gains_db.get(key, 0.0) for key, bands in thirds.items()}
    centres_hz = next(iter(thirds.values())).centres_hz
    pictures = [_spectrum(spectra, centres_hz)]
    if "reference" in signals:
        pictures.append(_spectrum_difference(spectra, centres_hz))
    pictures.append(_levels(signals))
    if "reference" in signals:
        pictures.append(_difference_picture(signals["reference"], signals["recovered"]))
    return pictures


def _lines(values: dict[str, np.ndarray], x: np.ndarray) -> list[Line]:
    return [Line(key, LABELS[key], x, y) for key, y in values.items()]


def _legend(lines: list[Line]) -> tuple[tuple[str, str], ...]:
    return tuple((line.key, line.label) for line in lines)


def _spectrum(spectra: dict[str, np.ndarray], centres_hz: np.ndarray) -> Picture:
    lines = _lines(spectra, centres_hz)
    top = max(line.y.max() for line in lines)
    bottom = max(min(line.y.min() for line in lines), top - RANGE_DB)
    axes = frequency_axis(centres_hz[0], centres_hz[-1]), linear_axis("level in dB", bottom, top)
    svg = line_chart("Average spectrum of each signal in third octaves", lines, *axes)
    caption = "Long-term average in third octaves, at the players' loudness."
    return Picture("Spectrum", caption, svg, _legend(lines))


def _spectrum_difference(spectra: dict[str, np.ndarray], centres_hz: np.ndarray) -> Picture:
    heard = spectra["reference"] > spectra["reference"].max() - RANGE_DB
    differences = {
        key: np.where(heard, spectra[key] - spectra["reference"], np.nan) for key in spectra if key != "reference"
    }
    lines = _lines(differences, centres_hz)
    widest = max(np.nanmax(np.abs(line.y), initial=0.0) for line in lines)
    widest = float(np.clip(widest, 1.0, 24.0))
    axes = frequency_axis(centres_hz[0], centres_hz[-1]), linear_axis("difference in dB", -widest, widest)
    svg = line_chart("Average spectrum of each signal minus the reference's", lines, *axes)
    caption = "Each signal's spectrum minus the reference's, at the players' loudness. Zero: equal."
    return Picture("Spectral difference", caption, svg, _legend(lines))


def _levels(signals: dict[str, Audio]) -> Picture:
    lines = [Line(key, LABELS[key], *level_over_time(audio, CURVE_POINTS)) for key, audio in signals.items()]
    top = max(line.y.max() for line in lines)
    bottom = max(min(line.y.min() for line in lines), top - 60.0)
    length_s = max(audio.length_s for audio in signals.values())
    axes = time_axis(0.0, length_s), linear_axis("rms level in dBFS", bottom, top)
    svg = line_chart("Level of each signal over time", lines, *axes)
    return Picture("Level over time", "As rendered, not matched in loudness.", svg, _legend(lines))


def _difference_picture(reference: Audio, recovered: Audio) -> Picture:
    before, after = (band_powers(audio, 9, COLUMNS) for audio in (reference, recovered))
    columns = min(before.power.shape[1], after.power.shape[1])
    difference_db = level_difference_db(before, after)[:, :columns]
    svg = difference_chart(
        "Level difference between the recovered mix and the reference over time and frequency",
        difference_db,
        DIFFERENCE_DB,
        time_axis(0.0, columns * before.column_s),
        frequency_axis(before.centres_hz[0], before.centres_hz[-1]),
    )
    caption = (
        f"Recovered against reference, as rendered. Red: the recovered mix is louder there, blue: quieter; "
        f"full colour at {DIFFERENCE_DB:g} dB. Blank: equal, or too quiet to matter."
    )
    return Picture("Where they differ", caption, svg)


def level_difference_db(reference: Bands, recovered: Bands) -> np.ndarray:
    """[bands, columns] recovered − reference in dB, with a floor RANGE_DB below the reference's loudest."""
    columns = min(reference.power.shape[1], recovered.power.shape[1])
    before, after = reference.level_db()[:, :columns], recovered.level_db()[:, :columns]
    floor = before.max() - RANGE_DB
    return np.maximum(after, floor) - np.maximum(before, floor)


def curve_pictures(curves: dict[str, list[float]]) -> list[Picture]:
    """One chart for each named curve that has a finite value."""
    return [_curve(name, values) for name, values in curves.items() if np.isfinite(_numbers(values)).any()]


def _numbers(values: list) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _curve(name: str, values: list) -> Picture:
    y = _numbers(values)
    x = np.arange(len(y), dtype=np.float64)
    shown = np.unique(np.linspace(0, len(y) - 1, min(len(y), CURVE_POINTS)).round().astype(int))
    finite = y[np.isfinite(y)]
    steps = linear_axis("step", 0, max(len(y) - 1, 1), is_integer=True)
    heights = linear_axis("", finite.min(), finite.max())
    line = Line("recovered", name, x[shown], y[shown])
    last = f"{len(y)} values; first {finite[0]:.4g}, last {finite[-1]:.4g}."
    return Picture(name, last, line_chart(f"{name} at each step", [line], steps, heights))


def waveform(audio: Audio, highest: float) -> Markup:
    """An SVG path of the signal's outline in a box of 600 by 100; `highest` fills it."""
    heights = peaks(audio, _WAVE_POINTS) / max(highest, 1e-9) * 48.0
    x = np.linspace(0.0, 600.0, len(heights))
    upper = [f"{a:.1f} {50 - h:.1f}" for a, h in zip(x, heights, strict=True)]
    lower = [f"{a:.1f} {50 + h:.1f}" for a, h in zip(x, heights, strict=True)]
    return Markup("M" + "L".join(upper + lower[::-1]) + "Z")


def level_db(audio: Audio) -> float:
    """rms of the whole signal in dBFS."""
    mean = float(np.square(audio.samples, dtype=np.float64).mean()) if audio.length_samples else 0.0
    return gain_to_db(mean**0.5)
