"""Charts as inline SVG: lines over two axes, or a picture over two axes, drawn by matplotlib.

Of what it draws the page keeps the shapes and the texts, each with a class (the artist's gid) in place of its
style: the page's style sheet then colours them in light and dark, nothing carries an id that another chart on
the page could carry too, and nothing names an address. Labels stay text: `$` does not start mathematics.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from lxml import etree
from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from dawbridge.report.axes import Axis

WIDTH, HEIGHT = 560, 250
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 44
_BOX = (LEFT / WIDTH, BOTTOM / HEIGHT, 1 - (LEFT + RIGHT) / WIDTH, 1 - (TOP + BOTTOM) / HEIGHT)
_LABELS_AT = {"x": (_BOX[0] + _BOX[2] / 2, 3 / HEIGHT), "y": (10 / WIDTH, _BOX[1] + _BOX[3] / 2)}
_STYLE = {
    "axes.grid": True,
    "font.size": 12,
    "image.composite_image": False,  # a picture goes in with its own pixels
    "svg.fonttype": "none",
    "svg.hashsalt": "dawbridge",
    "text.parse_math": False,
    "xtick.bottom": False,
    "xtick.major.pad": 9,
    "ytick.left": False,
    "ytick.major.pad": 6,
}
_SVG, _HREF = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
_KEPT = ("d", "x", "y", "width", "height", "transform")
_BLUE, _RED = (38 / 255, 120 / 255, 220 / 255), (220 / 255, 50 / 255, 47 / 255)
# Hue is the sign and opacity the size, so it suits light and dark pages. Fifteen steps: none is seen.
_DIFFERENCE = LinearSegmentedColormap.from_list(
    "difference", [(0, (*_BLUE, 1)), (0.5, (*_BLUE, 0)), (0.5, (*_RED, 0)), (1, (*_RED, 1))], N=31
)


@dataclass(frozen=True)
class Line:
    """One line. `key` is a class of the style sheet; values that are not finite are gaps."""

    key: str
    label: str
    x: np.ndarray
    y: np.ndarray


def line_chart(description: str, lines: Iterable[Line], x_axis: Axis, y_axis: Axis) -> Markup:
    """The lines over both axes, as an `<svg>`."""
    margin = 0.02 * (y_axis.maximum - y_axis.minimum)

    def draw(axes: Axes) -> None:
        if y_axis.minimum < 0 < y_axis.maximum:
            axes.axhline(0, gid="zero")
        for line in lines:
            y = np.clip(line.y, y_axis.minimum - margin, y_axis.maximum + margin)
            axes.plot(line.x, np.where(np.isfinite(line.y), y, np.nan), gid=f"line {line.key}", clip_on=False)

    return _svg(description, draw, x_axis, y_axis)


def difference_chart(description: str, difference: np.ndarray, full: float, x_axis: Axis, y_axis: Axis) -> Markup:
    """[rows, columns] stretched between both axes, its first row at the bottom, as an `<svg>`.

    Red is more, blue is less, in full colour at `full`; zero is transparent.
    """

    def draw(axes: Axes) -> None:
        axes.imshow(
            difference,
            gid="picture",
            extent=(0, 1, 0, 1),
            transform=axes.transAxes,
            aspect="auto",
            origin="lower",
            cmap=_DIFFERENCE,
            vmin=-full,
            vmax=full,
            interpolation="none",
        )

    return _svg(description, draw, x_axis, y_axis)


def _svg(description: str, draw: Callable[[Axes], None], x_axis: Axis, y_axis: Axis) -> Markup:
    with style.context(["default", _STYLE]):  # whatever the reader's own matplotlibrc says
        figure = Figure((WIDTH / 72, HEIGHT / 72), frameon=False)  # a point is a unit of the view box
        axes = figure.add_axes(_BOX, frameon=False)
        draw(axes)
        for name, axis in (("x", x_axis), ("y", y_axis)):
            _set_axis(axes, name, axis)
        file = io.BytesIO()
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None})
    return Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, HEIGHT, description, _classed(file.getvalue())
    )


def _set_axis(axes: Axes, name: str, axis: Axis) -> None:
    axes.set(**{f"{name}scale": axis.scale, f"{name}lim": (axis.minimum, axis.maximum)})
    drawn = getattr(axes, f"{name}axis")
    drawn.set_major_locator(axis.locator)
    drawn.set_minor_locator(NullLocator())
    drawn.set_major_formatter(axis.formatter)
    for line in drawn.get_gridlines():
        line.set_gid("grid")
    for label in drawn.get_ticklabels():
        label.set_gid(name)
    drawn.set_label_text(axis.label, gid="x", va="baseline")
    drawn.set_label_coords(*_LABELS_AT[name], transform=axes.figure.transFigure)


def _classed(svg: bytes) -> Markup:
    """The shapes and texts of a drawing that carry a gid, which becomes their class."""
    drawing = etree.fromstring(svg, etree.XMLParser(resolve_entities=False, no_network=True))
    return Markup("").join(
        Markup(etree.tostring(_bare(element), encoding="unicode"))
        for element in drawing.iter(*(_SVG + tag for tag in ("path", "text", "image")))
    )


def _bare(element: etree._Element) -> etree._Element:
    """The same element without a namespace, its style or its clip path."""
    parent = element.getparent()
    gid = element.get("id") or (parent.get("id") if parent is not None else None) or ""
    bare = etree.Element(str(element.tag).removeprefix(_SVG), {"class": gid})
    bare.attrib.update({name: element.attrib[name] for name in _KEPT if name in element.attrib})
    if path := bare.get("d"):
        bare.set("d", _short(path))
    if picture := element.get(_HREF):
        bare.set("href", "".join(picture.split()))
        bare.set("preserveAspectRatio", "none")
    bare.text = element.text
    return bare


def _short(path: str) -> str:
    """The same path to a tenth of a unit; a lone point, which would be invisible, becomes a dot."""
    words = re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.1f}", path)
    words = re.sub(r"\s*([ML])\s*", r"\1", words.strip())
    return re.sub(r"(M[^ML]+)(?=M|$)", r"\1h0.01", words)
