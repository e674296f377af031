"""What a data set asks of a model: the shape of its inputs and the nature of its targets."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dlcli.core.table import Table


@dataclass(frozen=True, kw_only=True)
class Target:
    """The nature of `y`.

    `kind` is `classes` (y: integers (N,) from 0, or one-hot rows) or `numbers` (y: floating point,
    (N, *shape)). `labels` are the class names in the order of their integers, empty for numbers.
    Classes with a `shape` are one class for each place of a sequence. `is_input`: y is x itself, as the model gets it.
    """

    kind: Literal["classes", "numbers"]
    labels: tuple[str, ...] = ()
    shape: tuple[int, ...] = ()
    is_input: bool = False

    @property
    def classes(self) -> int:
        """Number of classes; 0 for numbers."""
        return len(self.labels)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """How a text becomes the ids x: (length,) of a sample.

    `level` says whether a token is a character or a word, `vocabulary` which token each id stands for. Except in a
    language model, id 0 fills up and id 1 stands for every unknown token, `length` tokens are kept, and `padding` says
    at which end ids 0 are put. `lowercase`: capitals count as small letters. `column` is the text's name in tables.
    """

    level: Literal["char", "word"]
    vocabulary: tuple[str, ...]
    length: int
    padding: Literal["pre", "post"] = "post"
    lowercase: bool = False
    column: str = "text"


@dataclass(frozen=True, kw_only=True)
class TeacherForcing:
    """How ids x: (S + T,) of a sample are made of two sequences, a source and the target y: (T,) that answers it.

    First come the `source_length` S ids of the source, then the id `start`, then y without its last place, its classes
    being ids. A model that was trained so writes y by itself, place by place: the class of one is the id of the next.
    """

    source_length: int
    start: int


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How an image file of any size becomes a sample of one size.

    `fit`: whether it is stretched, cut to the form of the sample from its middle, or shown whole on black. Smaller
    pixels are averages of what they cover, by `interpolation`; but for `nearest`, which takes one of them.
    """

    fit: Literal["stretch", "crop", "pad"] = "stretch"
    interpolation: Literal["nearest", "area", "bilinear", "bicubic", "lanczos"] = "bilinear"


@dataclass(frozen=True, kw_only=True)
class DataSpec:
    """What one sample looks like: the shape of x and the nature of y.

    `input_shape` of one raw sample, `dtype` of x as stored, `target`. `image` says that x is a
    picture (H, W) or (H, W, C), so that predict reads image files and samples are drawn. `tokens` says that x are
    the ids of a text and how they are found; it is learned from the data, and so no part of what is compared.
    `table` says likewise of rows of a table what their columns are.
    `forcing` says that x has the target in it, moved by one. `picture` says how image files are brought to the size of
    the samples; without it they must have that size.
    """

    input_shape: tuple[int, ...]
    dtype: str
    target: Target
    image: bool = False
    tokens: Tokens | None = field(default=None, compare=False)
    table: "Table | None" = field(default=None, compare=False)
    forcing: TeacherForcing | None = None
    picture: Picture | None = None
