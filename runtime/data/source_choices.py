"""Where training data can come from, as declarations; needs no torch."""

from __future__ import annotations

from graph.catalog.call import Params
from graph.catalog.params import Choice, Flag, Float, Int
from graph.catalog.text_params import FilePath, Text
from runtime.data.specs import Names, SourceGroup, SourceSpec, Words
from runtime.data.vision_choices import VISION_SOURCES
from runtime.options import table

MOST_CLASSES = 10_000_000
USUAL_SPREAD = 0.1, 10.0  # of numbers to predict that can be learned as they are
COLUMN_KINDS = ("numeric", "categorical", "boolean", "datetime", "skip")
PANDAS_DOCS = "https://pandas.pydata.org/docs/reference/api/"
SCIKIT_DOCS = "https://scikit-learn.org/stable/modules/generated/sklearn.datasets."
STANDARDIZE = Flag(
    name="standardize", default=True,
    help="Scale numbers to zero mean and unit variance, measured on the training samples.",
)  # fmt: skip
SEED = Int(name="seed", default=0, min=0, help="Fixes the points.")
BLOCK_LENGTH = Int(name="block_length", default=64, min=1, max=65536, help="Tokens of a sample.")
TOKENS = Choice(
    name="tokens", default="characters", choices=("characters", "words"), help="What text is cut into."
)
MOST_TOKENS = Int(
    name="vocabulary_size", default=10_000, min=2, max=1_000_000,
    help="Tokens that are told apart, the most frequent ones of the training text; the rest is unknown.",
)  # fmt: skip


def is_usual_spread(spread: float) -> bool:
    """Whether numbers to predict of that standard deviation are learned at usual rates."""
    return USUAL_SPREAD[0] <= spread <= USUAL_SPREAD[1]


def _samples(default: int) -> Int:
    return Int(name="samples", default=default, min=2, max=10_000_000, help="Points in all.")


def _noise(default: float, text: str) -> Float:
    return Float(name="noise", default=default, min=0, max=1000, help=text)


def _path(text: str, *suffixes: str) -> FilePath:
    return FilePath(name="path", optional=True, suffixes=suffixes, help=text)


BUNDLED = (
    SourceSpec(
        type="digits",
        title="Handwritten digits",
        help="1,797 handwritten digits, 1×8×8, 10 classes; comes with Netloom.",
        source="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
        num_classes=10,
    ),
    SourceSpec(
        type="iris",
        title="Iris flowers",
        help="150 flowers, 4 measures each, 3 species; comes with Netloom.",
        is_never_image=True,
        takes=("table",),
        source="https://archive.ics.uci.edu/dataset/53/iris",
        params=(STANDARDIZE,),
        num_classes=3,
    ),
    SourceSpec(
        type="wine",
        title="Wine",
        help="178 wines, 13 measures each, 3 cultivars; comes with Netloom.",
        is_never_image=True,
        takes=("table",),
        source="https://archive.ics.uci.edu/dataset/109/wine",
        params=(STANDARDIZE,),
        num_classes=3,
    ),
    SourceSpec(
        type="diabetes",
        title="Diabetes",
        help="442 patients, 10 measures each; predict a number, how the illness goes on. Comes with Netloom.",
        is_never_image=True,
        takes=("table",),
        source=f"{SCIKIT_DOCS}load_diabetes.html",
        params=(
            STANDARDIZE,
            Flag(name="standardize_target", default=True, help="Scale the number to predict, too."),
        ),
    ),
    SourceSpec(
        type="alice",
        title="Alice in Wonderland",
        help="148,000 characters of text; predict the next one. Comes with Netloom.",
        is_never_image=True,
        takes=(),
        source="https://www.gutenberg.org/ebooks/11",
        params=(BLOCK_LENGTH, TOKENS, MOST_TOKENS),
    ),
    SourceSpec(
        type="sunspots",
        title="Sunspots",
        help="3,120 months of sunspots since 1749; predict the next months. Comes with Netloom.",
        is_never_image=True,
        takes=(),
        source="https://www.ngdc.noaa.gov/stp/solar/solarda3.html",
        params=(
            Int(name="window", default=36, min=1, max=2000, help="Months that the model sees."),
            Int(name="horizon", default=1, min=1, max=500, help="Months that it predicts."),
            STANDARDIZE,
        ),
    ),
)

SYNTHETIC = (
    SourceSpec(
        type="synthetic:spirals",
        title="Spirals",
        help="Points on interleaved spirals in the plane, one arm a class.",
        is_never_image=True,
        takes=("array",),
        source="https://cs231n.github.io/neural-networks-case-study/",
        params=(
            Int(name="num_classes", default=3, min=2, max=1000, help="Arms."),
            _samples(900),
            _noise(0.1, "Standard deviation of the angle, in radians."),
            SEED,
        ),
    ),
    SourceSpec(
        type="synthetic:moons",
        title="Moons",
        help="Points on two half circles that reach into each other, 2 classes.",
        is_never_image=True,
        takes=("array",),
        source=f"{SCIKIT_DOCS}make_moons.html",
        params=(_samples(1000), _noise(0.1, "Standard deviation of each coordinate."), SEED),
        num_classes=2,
    ),
    SourceSpec(
        type="synthetic:circles",
        title="Circles",
        help="Points on rings around each other, one ring a class.",
        is_never_image=True,
        takes=("array",),
        source=f"{SCIKIT_DOCS}make_circles.html",
        params=(
            Int(name="num_classes", default=2, min=2, max=100, help="Rings."),
            _samples(1000),
            _noise(0.05, "Standard deviation of each coordinate."),
            SEED,
        ),
    ),
    SourceSpec(
        type="synthetic:xor",
        title="Exclusive or",
        help="Points in a square; the class tells whether exactly one coordinate is positive.",
        is_never_image=True,
        takes=("array",),
        source="https://mitpress.mit.edu/9780262534772/perceptrons/",
        params=(_samples(800), _noise(0.05, "Standard deviation added to each coordinate."), SEED),
        num_classes=2,
    ),
    SourceSpec(
        type="synthetic:sine",
        title="Sine",
        help="A noisy sine wave; predict a number from a number.",
        is_never_image=True,
        takes=("array",),
        source="https://en.wikipedia.org/wiki/Sine_and_cosine",
        params=(
            _samples(1000),
            Float(name="periods", default=2.0, above=0, max=1000, help="Waves over the inputs from -1 to 1."),
            _noise(0.1, "Standard deviation of what is to be predicted."),
            SEED,
        ),
    ),
    SourceSpec(
        type="synthetic:parity",
        title="Parity",
        help="Sequences of 0 and 1; the class tells whether the number of 1s is odd.",
        is_never_image=True,
        takes=("array",),
        source="https://doi.org/10.1162/neco.1997.9.8.1735",
        params=(
            _samples(4000),
            Int(name="length", default=8, min=1, max=10_000, help="Of a sequence."),
            SEED,
        ),
        num_classes=2,
    ),
)


def _one_split(params: Params) -> tuple[str, str] | None:
    both = [name for name in ("label", "target_columns") if params[name]]
    return ("target_columns", "either label or target_columns") if len(both) == 2 else None


FILES = (
    SourceSpec(
        type="csv",
        title="Table",
        help="A CSV, TSV or Parquet file with a row a sample.",
        is_never_image=True,
        takes=("table",),
        source=f"{PANDAS_DOCS}pandas.read_csv.html",
        params=(
            _path("The table.", ".csv", ".tsv", ".txt", ".parquet"),
            Text(name="label", optional=True, help="Column to predict; the last when empty."),
            Names(name="target_columns", help="Several columns to predict, instead of label."),
            Choice(
                name="task", default="auto", choices=("auto", "classification", "regression"),
                help="Whether the label is a class or a number; auto looks at it.",
            ),
            Names(name="leave_out", help="Columns that the model does not see."),
            Words(
                name="types", default={}, choices=COLUMN_KINDS,
                help="Kinds of columns that are guessed wrong, by name.",
            ),
            Choice(
                name="missing", default="fill", choices=("fill", "indicate", "drop"),
                help="Empty cells: median or most frequent value, also told in a column, or drop rows.",
            ),
            Choice(
                name="categories", default="one-hot", choices=("one-hot", "codes"),
                help="How words become numbers: a column each, or one number.",
            ),
            STANDARDIZE,
            Flag(name="standardize_target", help="Scale numbers to predict to zero mean and unit variance."),
            Text(
                name="split_column", optional=True,
                help="Column that says train or val (also validation, test).",
            ),
            Text(name="separator", optional=True, max_length=4, help="Between cells; found out when empty."),
        ),
        rule=_one_split,
    ),
    SourceSpec(
        type="image_folder",
        title="Image folder",
        is_decoded=True,
        help="A folder of images for each class, or train and val folders of these, or a table of labels.",
        source="https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html",
        params=(
            FilePath(name="root", optional=True, is_folder=True, help="The folder."),
            FilePath(
                name="labels", optional=True, suffixes=(".csv", ".tsv"),
                help="Table of file names and labels, where the folder is flat.",
            ),
            Choice(name="mode", default="RGB", choices=("RGB", "L", "RGBA"), help="Colours that are read."),
        ),
    ),
    SourceSpec(
        type="arrays",
        title="Arrays",
        help="Own data: .npz, .safetensors or .pt with x and y (and x_val, y_val), or one .npy each.",
        source="https://numpy.org/doc/stable/reference/generated/numpy.savez.html",
        params=(
            _path("The file of x and y, or x.npy.", ".npz", ".npy", ".safetensors", ".pt"),
            FilePath(name="target_path", optional=True, suffixes=(".npy",), help="y.npy, beside an x.npy."),
            Int(
                name="num_classes", optional=True, min=2, max=MOST_CLASSES,
                help="Classes; counted from y when empty.",
            ),
        ),
    ),
    SourceSpec(
        type="sequences",
        title="Time series",
        help="Windows over a series in a table or an array, with what comes next or a label as target.",
        is_never_image=True,
        takes=(),
        source="https://www.tensorflow.org/tutorials/structured_data/time_series",
        params=(
            _path("The series, a row a moment.", ".csv", ".tsv", ".txt", ".parquet", ".npy"),
            Names(name="columns", help="Columns that the model sees; all of numbers when empty."),
            Names(name="target_columns", help="Columns to predict; those that it sees when empty."),
            Text(name="label", optional=True, help="Column of classes; a window takes that of its end."),
            Text(name="group", optional=True, help="Column that tells one series from the next."),
            Int(name="window", default=32, min=1, max=100_000, help="Moments that the model sees."),
            Int(name="horizon", default=1, min=1, max=10_000, help="Moments that it predicts."),
            Int(name="stride", default=1, min=1, max=100_000, help="Moments from one window to the next."),
            Choice(
                name="padding", default="none", choices=("none", "zeros"),
                help="Short series: left out, or begun with zeros and a channel that tells.",
            ),
            STANDARDIZE,
        ),
    ),
    SourceSpec(
        type="text",
        title="Text",
        help="A text whose next token is predicted, or lines with a class each.",
        is_never_image=True,
        takes=(),
        source="https://docs.pytorch.org/tutorials/beginner/transformer_tutorial.html",
        params=(
            _path("The text, or a table of texts and labels.", ".txt", ".md", ".csv", ".tsv"),
            Choice(
                name="task", default="next token", choices=("next token", "class"),
                help="Predict the next token at every place, or a class of each row of a table.",
            ),
            TOKENS,
            BLOCK_LENGTH,
            MOST_TOKENS,
            Text(name="text_column", optional=True, help="Column of the texts; the first when empty."),
            Text(name="label", optional=True, help="Column of the classes; the last when empty."),
        ),
    ),
    SourceSpec(
        type="python",
        is_decoded=True,
        title="Own Dataset",
        help="A torch Dataset from your own Python file, once you trust it.",
        source="https://docs.pytorch.org/docs/stable/data.html#torch.utils.data.Dataset",
        params=(
            _path("The Python file.", ".py"),
            Text(
                name="class_name", default="Dataset",
                help="Class in it; made with train=True and train=False if it takes train.",
            ),
        ),
    ),
)  # fmt: skip

SOURCE_GROUPS = (
    SourceGroup("Comes with Netloom", BUNDLED),
    SourceGroup("Your own data", FILES),
    SourceGroup("Images of torchvision", VISION_SOURCES),
    SourceGroup("Synthetic", SYNTHETIC),
)
SOURCES = table(source for group in SOURCE_GROUPS for source in group.sources)
