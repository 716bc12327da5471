"""Text as numbers of tokens; the vocabulary is that of the training text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.choices import DEFAULT_VAL_FRACTION
from runtime.data.frames import file_row, notes_of, read_frame, require_columns
from runtime.data.memory import require_room
from runtime.data.raw import DataError, Fitted, Loading, RawData, Request, Samples
from runtime.data.tables import RESOURCES, read_target
from runtime.data.text_files import encoding_of
from runtime.events import DataProgress

MANY_UNKNOWN = 0.2  # share of tokens
PAD, UNKNOWN = "<pad>", "<unk>"
TABLES = (".csv", ".tsv")  # what texts with a label each come in
WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]|\n")


def load_text(request: Request) -> Loading[RawData]:
    """Blocks of a text with the next token at every place, or the rows of a table with a class each.

    Tokens are int64 (N, block_length), and y int64 (N, block_length) or (N,).

    Raises:
        DataError: the file cannot be read, or is too short.
    """
    path = request.file("path", "a text file, or a table of texts")
    yield DataProgress(f"Reading {path.name}", 0, None)
    if request.params.task == "class":
        return _labelled(path, request.params)
    text, notes = _read(path)
    if path.suffix.lower() in TABLES:
        notes += (
            f"{path.name} is read as one text, with its commas and labels. "
            "Set data.task = class to predict a label of each row.",
        )
    data = blocks(text, request.params, request.val_fraction, path)
    return replace(data, notes=(*notes, *data.notes))


def load_alice(request: Request) -> Loading[RawData]:
    """Blocks of the book that comes with Netloom."""
    path = RESOURCES / "alice.txt"
    yield DataProgress("Reading alice", 0, None)
    return blocks(_read(path)[0], request.params, request.val_fraction, path)


def _read(path: Path) -> tuple[str, tuple[str, ...]]:
    """The text, and what the user should know of how it was read."""
    encoding, notes = encoding_of(path, "a text")
    try:
        return path.read_text(encoding=encoding), notes
    except UnicodeDecodeError as error:  # behind a mark that says otherwise
        raise DataError(
            f"{path} is no text in {encoding} (byte {error.start}). Expected a text. Save it as UTF-8."
        ) from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error}). Expected a text. Check its rights.") from error


def tokens_of(text: str, kind: str) -> Sequence[str]:
    """The characters of a text, or its words, marks and line ends."""
    return text if kind == "characters" else WORD.findall(text)


def vocabulary_of(tokens: Iterable[str], size: int, special: tuple[str, ...]) -> tuple[str, ...]:
    """The special tokens, then the most frequent ones; equally frequent ones by the alphabet."""
    counts = Counter(tokens)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return (*special, *ranked[: max(size - len(special), 1)])


def blocks(text: str, params: Params, val_fraction: float | None, path: Path) -> RawData:
    """The text cut into blocks, its end held back; every place predicts the token that follows.

    Raises:
        DataError: a part is shorter than a block.
    """
    tokens = tokens_of(text, params.tokens)
    fraction = DEFAULT_VAL_FRACTION if val_fraction is None else val_fraction
    cut = len(tokens) - round(len(tokens) * fraction)
    vocabulary = vocabulary_of(tokens[:cut], params.vocabulary_size, (UNKNOWN,))
    numbers = _numbered(tokens, vocabulary)
    train, val = _blocks(numbers[:cut], params.block_length), _blocks(numbers[cut:], params.block_length)
    if not len(train) or (fraction and not len(val)):
        raise DataError(
            f"{path} has {len(tokens):,} tokens, of which {fraction:.0%} are held back. Expected more than "
            f"{params.block_length} in each part. Lower data.block_length or data.val_fraction."
        )
    return RawData(
        train, val, num_classes=len(vocabulary), class_names=vocabulary, kind="text", is_split=True,
        vocabulary=vocabulary, notes=_unknown_notes(train, val, vocabulary),
    )  # fmt: skip


def _blocks(numbers: Tensor, length: int) -> Samples:
    count = max(len(numbers) - 1, 0) // length
    x, y = numbers[: count * length], numbers[1 : count * length + 1]
    return Samples(x.view(count, length), y[: count * length].view(count, length))


def _numbered(tokens: Sequence[str], vocabulary: tuple[str, ...]) -> Tensor:
    numbers = {token: index for index, token in enumerate(vocabulary)}
    unknown = numbers[UNKNOWN]
    return torch.tensor([numbers.get(token, unknown) for token in tokens], dtype=torch.int64)


def _unknown_notes(train: Samples, val: Samples, vocabulary: tuple[str, ...]) -> tuple[str, ...]:
    """Tells of parts in which many tokens are none of the vocabulary."""
    unknown, notes = vocabulary.index(UNKNOWN), []
    for part, verb in ((train, "train on"), (val, "validate on")):
        assert isinstance(part.x, Tensor)
        known = part.x if PAD not in vocabulary else part.x[part.x != vocabulary.index(PAD)]
        share = float((known == unknown).double().mean()) if known.numel() else 0.0
        if share > MANY_UNKNOWN:
            notes.append(
                f"{share:.0%} of the tokens to {verb} are not among the {len(vocabulary):,} that are told "
                "apart. Raise data.vocabulary_size, or have the training text hold them."
            )
    return tuple(notes)


def _labelled(path: Path, params: Params) -> RawData:
    frame = read_frame(path)
    require_columns(frame, [name for name in (params.text_column,) if name], "text_column", path)
    require_columns(frame, [name for name in (params.label,) if name], "label", path)
    column, label = params.text_column or frame.columns[0], params.label or frame.columns[-1]
    if column == label:
        raise DataError(
            f"{path} gives both text and class in column {column!r}. Expected two columns. "
            "Set data.text_column and data.label."
        )
    empty = frame[column].isna().to_numpy().nonzero()[0]
    if len(empty):
        raise DataError(
            f"{path}, row {file_row(int(empty[0]))}, column {column!r} is empty. Expected a text in "
            "every row. "
            "Fill it in or remove the row."
        )
    target = read_target(frame, (label,), Params({"types": {}, "task": "classification"}), path)
    texts = tuple(frame[column].astype(str))
    rows = torch.arange(len(texts)).unsqueeze(1)
    return RawData(
        Samples(rows, target.y), num_classes=len(target.names), class_names=target.names, kind="text",
        fit=_TextFit(texts, params), notes=notes_of(frame),
    )  # fmt: skip


@dataclass(frozen=True)
class _TextFit:
    """Turns rows of texts, given by their numbers, into padded rows of tokens."""

    texts: tuple[str, ...]
    params: Params

    def __call__(self, train: Samples, val: Samples) -> Fitted:
        """Both parts, with the vocabulary of the training texts."""
        tokens = (token for row in self._rows(train) for token in self._tokens(row))
        vocabulary = vocabulary_of(tokens, self.params.vocabulary_size, (PAD, UNKNOWN))
        first, second = (Samples(self._padded(part, vocabulary), part.y) for part in (train, val))
        notes = (*self._cut_notes(train, val), *_unknown_notes(first, second, vocabulary))
        return Fitted(first, second, vocabulary=vocabulary, notes=notes)

    def _cut_notes(self, *parts: Samples) -> tuple[str, ...]:
        lengths = [len(self._tokens(row)) for part in parts for row in self._rows(part)]
        cut = sum(length > self.params.block_length for length in lengths)
        if not cut:
            return ()
        return (
            f"Of {cut:,} of {len(lengths):,} texts only the first {self.params.block_length:,} tokens are "
            f"seen; the longest has {max(lengths):,}. Raise data.block_length to see more.",
        )

    def _rows(self, part: Samples) -> list[int]:
        assert isinstance(part.x, Tensor)
        return part.x.flatten().tolist()

    def _tokens(self, row: int) -> Sequence[str]:
        return tokens_of(self.texts[row], self.params.tokens)

    def _padded(self, part: Samples, vocabulary: tuple[str, ...]) -> Tensor:
        rows = self._rows(part)
        require_room(
            len(rows) * self.params.block_length * torch.int64.itemsize,
            f"{len(rows):,} texts of {self.params.block_length:,} tokens",
            "Lower data.block_length.",
        )
        result = torch.zeros((len(rows), self.params.block_length), dtype=torch.int64)  # 0 is PAD
        for place, row in enumerate(rows):
            numbers = _numbered(self._tokens(row)[: self.params.block_length], vocabulary)
            result[place, : len(numbers)] = numbers
        return result
