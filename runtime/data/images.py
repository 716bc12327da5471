"""Folders of image files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from graph.catalog.call import Params
from runtime.data.frames import file_row, notes_of, read_frame
from runtime.data.given_choices import PICTURES
from runtime.data.pictures import READ_ERRORS, read_pixels
from runtime.data.raw import DataError, Loading, RawData, Request, Samples
from runtime.data.tables import TRAIN_WORDS, VAL_WORDS, read_target
from runtime.events import DataProgress

OTHER_PICTURES = (
    ".heic", ".heif", ".avif", ".jxl", ".jp2", ".tga", ".svg", ".psd", ".exr", ".dng", ".cr2", ".nef", ".arw",
)  # fmt: skip


@dataclass(frozen=True)
class ImageFiles:
    """Image files, decoded one by one.

    Args:
        root: the folder that the names start at.
        names: of the files.
        mode: Pillow's name of the colours that are read, such as `RGB`.
    """

    root: str
    names: tuple[str, ...]
    mode: str

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, rows: Tensor) -> ImageFiles:
        return replace(self, names=tuple(self.names[row] for row in rows.tolist()))

    def name(self, index: int) -> str:
        """The path of one of them."""
        return str(Path(self.root) / self.names[index])

    def read(self, index: int) -> Tensor:
        """One image, uint8 (C, H, W).

        Raises:
            DataError: the file is damaged or gone.
        """
        path = Path(self.root) / self.names[index]
        try:
            return read_pixels(path, self.mode)
        except READ_ERRORS as error:
            raise DataError(
                f"{path} cannot be read as an image ({error}). Expected a whole image file. "
                "Replace it, or move it out of the folder."
            ) from error

    def identity(self) -> str:
        """A hash of names, sizes and times of the files."""
        digest = hashlib.sha256(f"{self.root}|{self.mode}".encode())
        for name in self.names:
            status = (Path(self.root) / name).stat()
            digest.update(f"{name}|{status.st_size}|{status.st_mtime_ns}\n".encode())
        return digest.hexdigest()


def load_image_folder(request: Request) -> Loading[RawData]:
    """Images by class folder, by train and val folders of these, or by a table of labels.

    Raises:
        DataError: no such folder, no images, or labels that do not fit the files.
    """
    params = request.params
    if params.root is None:
        raise DataError(
            "data.root is empty, so the source image_folder has no folder. "
            "Expected a folder with a folder of images for each class. Set data.root."
        )
    root = request.resolve(params.root)
    if root.is_file():
        raise DataError(f"{root} is a file. Expected a folder of images. Name a folder in data.root.")
    if not root.is_dir():
        raise DataError(f"{root} was not found. Expected a folder of images there. Correct data.root.")
    try:
        next(root.iterdir(), None)
    except OSError as error:
        raise DataError(
            f"{root} cannot be looked through ({error}). Expected a folder of images. Check its rights."
        ) from error
    yield DataProgress(f"Looking through {root.name}", 0, None)
    if params.labels is not None:
        return _by_table(root, request.file("labels", "a table of file names and labels"), params)
    train, val, others = _parts(root)
    if train is None or (val is None and not _is_alone(train)):
        return _by_class(root, params.mode)
    if val is None:
        note = f"{root.name} has no folder of validation images: some of {train.name} are held back."
        return replace(_by_class(train, params.mode), notes=(note,))
    data = _with_val(_by_class(train, params.mode), _by_class(val, params.mode), train, val)
    unused = [f"The folder {other.name} is not used: {val.name} is validated on." for other in others]
    return replace(data, notes=(*data.notes, *unused))


def _parts(root: Path) -> tuple[Path | None, Path | None, list[Path]]:
    """The folders in a folder that are to be trained and validated on by their names, and others like these.

    The names may have capitals; of several the first is taken that `TRAIN_WORDS` or `VAL_WORDS` has.
    """
    folders = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    train, val = ([folders[word] for word in words if word in folders] for words in (TRAIN_WORDS, VAL_WORDS))
    return next(iter(train), None), next(iter(val), None), [*train[1:], *val[1:]]


def _is_alone(train: Path) -> bool:
    """Whether a folder called train holds all classes, and is not one of them: the railway kind."""
    others = [path for path in train.parent.iterdir() if path.is_dir() and path != train]
    return not any(map(files_in, others)) and any(files_in(path) for path in train.iterdir() if path.is_dir())


def files_in(folder: Path) -> list[Path]:
    """All image files in a folder and its folders, by name."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in PICTURES and path.is_file())
    return sorted(path for path in found if not path.name.startswith("."))


def _by_class(root: Path, mode: str) -> RawData:
    folders = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    files = [(folder.name, path) for folder in folders for path in files_in(folder)]
    classes = tuple(sorted({name for name, _ in files}))
    if not classes:
        flat = "images, but no folders" if files_in(root) else "no images"
        raise DataError(
            f"{root} holds {flat}. Expected a folder of images for each class, such as "
            f"{root.name}/cat/1.png. "
            "Sort the images into folders, or name a table of labels in data.labels."
        )
    numbers = {name: index for index, name in enumerate(classes)}
    y = torch.tensor([numbers[name] for name, _ in files])
    names = [path.relative_to(root).as_posix() for _, path in files]
    notes = _left_out(root, [folder for folder in folders if folder.name not in numbers])
    return replace(image_data(root, names, y, classes, mode), notes=notes)


def _is_other(name: str) -> bool:
    """Whether a file is an image by its name, but of a kind that is not read."""
    return name.lower().endswith(OTHER_PICTURES) and not name.startswith(".")


def _left_out(root: Path, empty: Sequence[Path]) -> tuple[str, ...]:
    """Tells of folders that are no class, as they hold no images, and of files that are left out."""
    notes = [
        f"The folder {folder.name} holds no images that can be read, so it is no class." for folder in empty
    ]
    beside = [path for path in root.iterdir() if path.suffix.lower() in PICTURES and path.is_file()]
    if beside:
        notes.append(f"{len(beside):,} images lie in {root.name} beside the folders of classes: left out.")
    walked = ((folder, name) for folder, _, names in os.walk(root) for name in names)
    other = sorted(Path(folder) / name for folder, name in walked if _is_other(name))
    if other:
        notes.append(
            f"{len(other):,} files are images of a kind that is not read, such as "
            f"{other[0].relative_to(root).as_posix()}: left out. Save them as PNG or JPEG."
        )
    return tuple(notes)


def image_data(
    root: Path, names: Sequence[str], y: Tensor, classes: tuple[str, ...], mode: str = "RGB"
) -> RawData:
    """The data set of image files and their targets; classes are empty where these are numbers."""
    samples = Samples(ImageFiles(str(root), tuple(names), mode), y)
    return RawData(samples, num_classes=len(classes) or None, class_names=classes, kind="image")


def _with_val(train: RawData, val: RawData, folder: Path, val_folder: Path) -> RawData:
    unknown = [name for name in val.class_names if name not in train.class_names]
    if unknown:
        raise DataError(
            f"{val_folder} has the class {unknown[0]!r}, which {folder} has not. Expected the same "
            "folders in "
            "both. Add it to the training images, or remove it."
        )
    places = torch.tensor([train.class_names.index(name) for name in val.class_names])
    told = tuple(dict.fromkeys((*train.notes, *val.notes)))
    return replace(train, val=Samples(val.train.x, places[val.train.y]), notes=told)


class _Files:
    """The image files of a folder by what tables call them: their names, with or without the ending."""

    def __init__(self, root: Path) -> None:
        self._root = root
        names = [path.relative_to(root).as_posix() for path in files_in(root)]
        self.names = frozenset(names)
        self._by_stem: dict[str, list[str]] = {}
        for name in names:
            self._by_stem.setdefault(name.rpartition(".")[0], []).append(name)

    def find(self, word: str) -> list[str]:
        """The names of the files that it may stand for: none, one, or several that differ in their ending."""
        if word in self.names or (self._root / word).is_file():
            return [word]
        return self._by_stem.get(word, [])


def _by_table(root: Path, path: Path, params: Params) -> RawData:
    frame = read_frame(path)
    if len(frame.columns) < 2:
        raise DataError(
            f"{path} has only the column {frame.columns[0]!r}. Expected file names in one column and labels "
            "in the last of the others. Add the labels."
        )
    files, words = _Files(root), read_frame(path, as_words=True)  # 007 is a name, and no number
    first = [bool(files.find(str(words[column].iloc[0]))) for column in words.columns]
    column = words.columns[first.index(True) if any(first) else 0]
    names = [_file_of(files, word, row, path, root) for row, word in enumerate(words[column])]
    label = next(each for each in reversed(frame.columns) if each != column)
    target = read_target(frame, (label,), Params({"types": {}, "task": "auto"}), path)
    notes = (*notes_of(frame), *_table_notes(files, names, path))
    return replace(image_data(root, names, target.y, target.names, params.mode), notes=notes)


def _file_of(files: _Files, word: object, row: int, path: Path, root: Path) -> str:
    """The file that a cell of a table names.

    Raises:
        DataError: it names none, or nobody knows which.
    """
    where = f"{path}, row {file_row(row)}"
    if not isinstance(word, str):
        raise DataError(
            f"{where} names no image. Expected an image file in every row. Fill the cell in or remove the "
            "row."
        )
    found = files.find(word)
    if not found:
        raise DataError(
            f"{where} names {word}, which is not in {root}. Expected an image file. "
            "Correct the name, or data.root."
        )
    if len(found) > 1:
        raise DataError(
            f"{where} names {word}, which may be {' or '.join(found[:2])} in {root}. Expected the name of "
            "one file. Write it with its ending."
        )
    return found[0]


def _table_notes(files: _Files, names: Sequence[str], path: Path) -> tuple[str, ...]:
    """Tells of images that the table does not name, or names more than once."""
    notes = []
    named = frozenset(names)
    left_out = len(files.names - named)
    if left_out:
        notes.append(f"{left_out:,} images have no row in {path.name}: left out.")
    if len(named) < len(names):
        notes.append(
            f"{len(names) - len(named):,} rows of {path.name} name an image that another row names, too: it "
            "may be trained on and validated on."
        )
    return tuple(notes)
