"""What a person prefers, typed, kept between sessions, and told to everything that it concerns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal, TypeAlias, get_args

from PySide6.QtCore import QObject, QSettings, Signal

from builder.motion import system_reduces_motion
from builder.theme import MODES, Mode

Motion: TypeAlias = Literal["system", "full", "reduced"]
MOTIONS: tuple[Motion, ...] = get_args(Motion)
UI_SCALES = (100, 125, 150, 175, 200, 250, 300)  # percent
RECOVERY_INTERVALS = (2, 4, 10, 30, 60)  # seconds
GROUP = "preferences"


@dataclass(frozen=True)
class Values:
    """Every preference with its default.

    Attributes:
        theme: follows the system, or stays light or dark.
        ui_scale: size of everything in the window in percent of the system's; counts from the next start.
        motion: whether things may glide; "system" does as the system's accessibility settings say.
        snap_to_grid: whether nodes that are moved keep to the grid of 8 pixels.
        recovery_interval: seconds of work that a crash may cost at most.
        minimap: whether a large graph is shown small in a corner of the canvas.
    """

    theme: Mode = "system"
    ui_scale: int = 100
    motion: Motion = "system"
    snap_to_grid: bool = True
    recovery_interval: int = 4
    minimap: bool = True


_CHOICES: dict[str, tuple[object, ...]] = {
    "theme": MODES,
    "ui_scale": UI_SCALES,
    "motion": MOTIONS,
    "snap_to_grid": (True, False),
    "recovery_interval": RECOVERY_INTERVALS,
    "minimap": (True, False),
}


class Preferences(QObject):
    """The preferences of a person; read the properties, follow `changed`.

    Args:
        settings: where they are kept; without any they last as long as the object.
        asks_system: says whether the system wants little motion; asked once, when somebody wants to know.

    Signals:
        changed(str): the preference of this name is now another.
    """

    changed = Signal(str)

    def __init__(
        self,
        settings: QSettings | None = None,
        parent: QObject | None = None,
        asks_system: Callable[[], bool] = system_reduces_motion,
    ) -> None:
        super().__init__(parent)
        self._settings, self._asks_system = settings, asks_system
        self._system_reduces: bool | None = None
        self._values = Values() if settings is None else _stored(settings)

    @property
    def values(self) -> Values:
        """All of them as they are now."""
        return self._values

    @property
    def theme(self) -> Mode:
        return self._values.theme

    @property
    def ui_scale(self) -> int:
        """Percent."""
        return self._values.ui_scale

    @property
    def motion(self) -> Motion:
        return self._values.motion

    @property
    def reduced_motion(self) -> bool:
        """Whether whatever would glide or fade must be there at once."""
        if self.motion != "system":
            return self.motion == "reduced"
        if self._system_reduces is None:
            self._system_reduces = self._asks_system()
        return self._system_reduces

    @property
    def snap_to_grid(self) -> bool:
        return self._values.snap_to_grid

    @property
    def recovery_interval(self) -> int:
        """Seconds."""
        return self._values.recovery_interval

    @property
    def minimap(self) -> bool:
        return self._values.minimap

    def change(self, **values: object) -> None:
        """Takes these preferences on, keeps them, and tells about those that are now others.

        Raises:
            ValueError: there is no such preference, or it cannot have that value.
        """
        for name, value in values.items():
            _check(name, value)
        before = asdict(self._values)
        self._values = replace(self._values, **values)  # type: ignore[arg-type]
        for name in (each for each in values if values[each] != before[each]):
            if self._settings is not None:
                self._settings.setValue(f"{GROUP}/{name}", values[name])
            self.changed.emit(name)

    def reset(self) -> None:
        """Takes every preference back to its default."""
        self.change(**asdict(Values()))


def _check(name: str, value: object) -> None:
    if name not in _CHOICES:
        raise ValueError(f"there is no preference {name!r}. Expected one of {', '.join(_CHOICES)}.")
    if value not in _CHOICES[name]:
        choices = ", ".join(map(str, _CHOICES[name]))
        raise ValueError(f"{name} is {value!r}. Expected one of {choices}.")


def _stored(settings: QSettings) -> Values:
    """What was kept; a value that does not hold, from a file edited by hand, counts as never set."""
    kept: dict[str, object] = {}
    for name, choices in _CHOICES.items():
        text = str(settings.value(f"{GROUP}/{name}", "")).casefold()
        found = [choice for choice in choices if str(choice).casefold() == text]
        if found:
            kept[name] = found[0]
    return replace(Values(), **kept)  # type: ignore[arg-type]
