"""The look of every picture, and the one way to a PNG file."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dlcli.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

# Okabe and Ito's palette: distinct also to those who cannot tell red from green.
BLUE, ORANGE, GREEN = "#0072B2", "#D55E00", "#009E73"
INK, MUTED, FAINT = "#1F2933", "#616E7C", "#E4E7EB"

DPI = 120

_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelcolor": MUTED,
    "axes.edgecolor": "#9AA5B1",
    "axes.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "grid.color": FAINT,
    "grid.linewidth": 0.8,
    "legend.framealpha": 0.85,
    "legend.edgecolor": "none",
    "legend.fontsize": 8.5,
    "figure.titlesize": 12,
    "figure.titleweight": "bold",
    "figure.constrained_layout.w_pad": 0.1,
    "figure.constrained_layout.h_pad": 0.1,
    "text.parse_math": False,  # a class may be named "$5-$10"
}
# For class names in scripts that matplotlib's own font lacks.
_MORE_FONTS = ("Noto Sans CJK SC", "Noto Sans CJK JP", "WenQuanYi Zen Hei", "Microsoft YaHei", "PingFang SC")


def load() -> None:
    """Loads what pictures need, so that the first is drawn no later than others."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    with matplotlib.style.context(["default", _STYLE]):
        FigureCanvasAgg(Figure()).draw()
    fontManager.get_font_names()


@contextmanager
def picture(path: str | Path, *, width: float, height: float, fixed: bool = False) -> Iterator["Figure"]:
    """A figure of `width` x `height` inches to draw on; saved as a PNG at `path` at the end of the block.

    The file is cut to what is drawn, labels outside of the figure included; a `fixed` one is of that very
    size, and saved in half the time, since nothing has to be measured before it is drawn.
    The same drawing gives the same bytes: a user's matplotlibrc plays no part, and the file tells no
    date. Raises OSError where the file cannot be written; nothing is left behind then.
    """
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import fontManager

    fonts = ["DejaVu Sans", *(name for name in _MORE_FONTS if name in set(fontManager.get_font_names()))]
    with matplotlib.style.context(["default", _STYLE, {"font.family": fonts}]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        figure = Figure(figsize=(width, height), dpi=DPI, layout=None if fixed else "constrained", facecolor="white")
        FigureCanvasAgg(figure)
        yield figure
        with replacing(path) as temporary:
            figure.savefig(
                temporary, format="png", dpi=DPI, bbox_inches=None if fixed else "tight", pad_inches=0.14,
                metadata={"Software": "dlcli"}, pil_kwargs={"compress_level": 2},  # a third of the time, little larger
            )


def tidy(axes: "Axes") -> None:
    """A quiet frame: left and bottom lines, and a faint grid behind the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(True)
    axes.set_axisbelow(True)


def colour_bar(axes: "Axes", colours: "ScalarMappable", label: str, *, offset: float, width: float, form: str) -> None:
    """A scale at the right of `axes` and as high; `offset` and `width` in widths of `axes`.

    `form` writes a value of the scale, such as "{x:g}".
    """
    from matplotlib.ticker import NullFormatter, StrMethodFormatter

    bar = axes.figure.colorbar(colours, cax=axes.inset_axes((1 + offset, 0, width, 1)))
    bar.outline.set_visible(False)
    bar.ax.tick_params(which="both", length=2, labelsize=7.5)
    bar.ax.yaxis.set_major_formatter(StrMethodFormatter(form))
    bar.ax.yaxis.set_minor_formatter(NullFormatter())
    bar.set_label(label, fontsize=8, color=MUTED)
