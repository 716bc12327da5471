"""A project's own Dataset in the window: its Python file is shown, and runs only once the user trusts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from builder.custom_code import keep_trust
from builder.dialogs import Dialogs
from builder.session import Session
from builder.texts import tr
from builder.theme import ThemeManager
from runtime.custom_trust import TrustStore
from runtime.data.own_file import own_file


@dataclass(frozen=True)
class DataFile:
    """The Python file that the plan takes its data from.

    Args:
        path: of the file.
        source: its content; None where it cannot be read.
        is_trusted: whether the user trusts exactly this content.
        fault: why it cannot be read.
    """

    path: Path
    source: str | None
    is_trusted: bool = False
    fault: str = ""


class DataTrust(QObject):
    """Which files of data the user trusts, for all windows.

    Args:
        store: keeps it.

    Signals:
        granted(str): files with this content are trusted now.
    """

    granted = Signal(str)

    def __init__(self, store: TrustStore, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.store = store


class DataCode(QObject):
    """Asks about the file of the session's data; what is trusted is its content, not its name.

    Signals:
        changed(): the file that the plan names is trusted now, whichever window it was shown in.
    """

    changed = Signal()

    def __init__(
        self, session: Session, dialogs: Dialogs, themes: ThemeManager, trust: DataTrust, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.session = session
        self._dialogs, self._themes, self._trust = dialogs, themes, trust
        trust.granted.connect(self._note)

    def file(self) -> DataFile | None:
        """The file as it is on the disk now; None where the plan takes its data from elsewhere."""
        saved = self.session.document.path
        path = own_file(self.session.project.training, saved.parent if saved else Path())
        if path is None:
            return None
        try:
            source = path.read_text(encoding="utf-8")
        except OSError as error:
            return DataFile(path, None, fault=error.strerror or str(error))
        except UnicodeDecodeError:
            return DataFile(path, None, fault=tr("it is no text of UTF-8"))
        return DataFile(path, source, self._trust.store.is_trusted(source))

    @Slot()
    def review(self) -> bool:
        """Shows the file and trusts what was shown if the user says so; whether it is trusted then."""
        file = self.file()
        if file is None or file.source is None or file.is_trusted:
            return file is not None and file.is_trusted
        if not self._dialogs.review_code([str(file.path)], file.source, self._themes.theme):
            return False
        if not keep_trust(self._trust.store, file.source, self._dialogs):
            return False
        self._trust.granted.emit(file.source)
        return True

    def allows_run(self) -> bool:
        """Whether no code stands in the way of reading the data; asks about code that does.

        A file that cannot be read is left to the run, which says what is wrong with it.
        """
        file = self.file()
        return file is None or file.source is None or file.is_trusted or self.review()

    @Slot(str)
    def _note(self, source: str) -> None:
        file = self.file()
        if file is not None and file.source == source:
            self.changed.emit()
