"""The layers of a running network in figures, and some of them as curves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedLayout, QTableView, QWidget

from builder.overlays import percent, short, spread
from builder.panels.chart_specs import ChartSpec, CurveSpec, with_margin, x_range
from builder.panels.figure_table import as_figures, title
from builder.texts import later, tr
from builder.theme import GRID, Theme
from graph.project import Project
from graph.scopes import Path
from runtime.events import NodeFigures, NodesInspected

if TYPE_CHECKING:
    from builder.panels.history import History
    from builder.panels.plots import Chart

COLORS = ("plot_train", "plot_val", "plot_lr", "plot_grad")  # as many layers have a curve at a time
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Column:
    """A figure of every layer.

    Attributes:
        key: begins the names of its curves; empty where it has none.
        title: above the column and the chart.
        value: what is drawn.
        text: what is written.
    """

    key: str
    title: str
    value: Callable[[NodeFigures], float | None]
    text: Callable[[NodeFigures], str]


def _shown(value: float | None, text: Callable[[float], str] = short) -> str:
    return "" if value is None else text(value)


COLUMNS = (
    Column("grad_norm", later("Gradient norm"), lambda f: f.grad_norm, lambda f: _shown(f.grad_norm)),
    Column(
        "update_ratio", later("Update / weight"), lambda f: f.update_ratio, lambda f: _shown(f.update_ratio)
    ),
    Column("std", later("Output"), lambda f: f.std, lambda f: "" if f.mean is None else spread(f)),
    Column("dead", later("Dead units"), lambda f: f.dead, lambda f: _shown(f.dead, percent)),
    Column("time", later("Time"), lambda f: f.time_share, lambda f: percent(f.time_share)),
)


def layer_names(project: Project) -> dict[Path, str]:
    """What every layer is called, those inside blocks behind the names of the instances around them."""
    return dict(_names(project, None, (), ""))


def _names(project: Project, block: str | None, path: Path, before: str) -> Iterator[tuple[Path, str]]:
    for node in project.graph_of(block).nodes.values():
        name, inner = f"{before}{node.name}", (*path, node.id)
        yield inner, name
        if node.type in project.blocks:
            yield from _names(project, node.type, inner, f"{name} › ")


def curve_name(key: str, path: Path) -> str:
    """The name of a layer's curve in the history."""
    return f"{key}:{'/'.join(path)}"


def note_layers(history: History, event: NodesInspected) -> None:
    """Appends what a look at the layers has shown to their curves."""
    history.note("update_ratio", event.step, event.update_ratio)
    for path, figures in event.nodes.items():
        for column in COLUMNS:
            history.note(curve_name(column.key, path), event.step, column.value(figures))


class LayerTable(QAbstractTableModel):
    """A row for each layer that was looked at, in the order of the graph."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names: Mapping[Path, str] = {}
        self._nodes: Mapping[Path, NodeFigures] = {}
        self.paths: list[Path] = []

    def reset(self, names: Mapping[Path, str]) -> None:
        """Empties the table for a run whose layers have these names."""
        self.beginResetModel()
        self._names, self._nodes, self.paths = names, {}, []
        self.endResetModel()

    def show(self, nodes: Mapping[Path, NodeFigures]) -> None:
        """Shows newer figures."""
        paths = [path for path in self._names if path in nodes]
        if paths != self.paths:
            self.beginResetModel()
            self._nodes, self.paths = nodes, paths
            self.endResetModel()
        elif paths:
            self._nodes = nodes
            self.dataChanged.emit(self.index(0, 1), self.index(len(paths) - 1, len(COLUMNS)))

    def name(self, path: Path) -> str:
        """What a layer is called."""
        return self._names.get(path, path[-1])

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.paths)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1 + len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        titles = [tr("Layer"), *(tr(column.title) for column in COLUMNS)]
        return title(section, orientation, role, titles)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        path, column = self.paths[index.row()], index.column()
        if role == Qt.ItemDataRole.TextAlignmentRole and column:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return COLUMNS[column - 1].text(self._nodes[path]) if column else self.name(path)
        return None


class LayersView(QWidget):
    """The newest look at the layers; the column and the rows that are selected stand beside it as curves.

    Signals:
        zoomed(): the user looks at a part of the run, or at all of it again.
        menu_asked(Chart, QPoint): the user wants to see what can be done with the chart, there on the screen.
    """

    zoomed = Signal()
    menu_asked = Signal(object, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._history: History | None = None
        self._total_steps = 0
        self._range: tuple[float, float] | None = None  # the steps that the user looks at; None for all
        self._column = COLUMNS[0]
        self.chart: Chart | None = None
        self.model = LayerTable(self)
        self.table = self._make_table()
        self.note = QLabel(alignment=Qt.AlignmentFlag.AlignCenter, wordWrap=True)
        self.note.setProperty("role", "muted")
        content = QWidget()
        self._row = QHBoxLayout(content)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(GRID)
        self._row.addWidget(self.table, 3)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.note)
        self._pages.addWidget(content)
        self.reset({})

    def _make_table(self) -> QTableView:
        table = QTableView(accessibleName=tr("Figures of each layer"))
        table.setModel(self.model)
        as_figures(table)
        header = table.horizontalHeader()
        header.sectionClicked.connect(self._choose_column)
        header.setSectionsClickable(True)
        table.selectionModel().selectionChanged.connect(self._choose_curves)
        return table

    def set_theme(self, theme: Theme) -> None:
        """Repaints in another theme."""
        self._theme = theme
        if self.chart is not None:
            self.chart.set_theme(theme)

    def reset(self, names: Mapping[Path, str]) -> None:
        """Waits for a run whose layers have these names."""
        self._history = self._range = None
        if self.chart is not None:
            self.chart.set_history(None)
        self.model.reset(names)
        self.note.setText(
            tr("While a network trains, its layers are looked at twice a second and shown here.")
        )
        self._pages.setCurrentIndex(0)

    def show_look(self, event: NodesInspected, history: History, total_steps: int) -> None:
        """Shows the newest figures; `history` has their curves already."""
        self._history, self._total_steps = history, total_steps
        is_first = not self.model.paths
        self.model.show(event.nodes)
        self._pages.setCurrentIndex(1)
        if is_first:
            self._select_first()
        self.draw()

    def show_end(self) -> None:
        """Shows no more steps than there are, as no more will come."""
        self._total_steps = 0
        self.draw()

    def readable(self, curve: str) -> str:
        """The name of a curve with what its layer is called in place of ids: `grad_norm:fc1`."""
        key, colon, ids = curve.partition(":")
        return f"{key}:{self.model.name(tuple(ids.split('/')))}" if colon else curve

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.draw()

    def draw(self) -> None:
        """Brings the curves up to date, if they can be seen."""
        if self.chart is None or self._history is None or not self.isVisible():
            return
        steps = self._history.steps
        if self._range is not None:
            self.chart.set_range(*self._range)
        elif steps is not None:
            self.chart.set_range(*with_margin(*x_range(steps[0] - 1, steps[1], self._total_steps)))
        self.chart.draw()
        self.chart.plot.redraw()

    @Slot(float, float)
    def _keep_range(self, start: float, end: float) -> None:
        self._range = start, end
        self.zoomed.emit()

    @property
    def follows(self) -> bool:
        """Whether all steps are shown as they come."""
        return self._range is None

    @Slot()
    def fit(self) -> None:
        """Shows all steps again."""
        self._range = None
        self.draw()
        self.zoomed.emit()

    def _select_first(self) -> None:
        """Selects layers with weights, from the first to the last."""
        weighted = [row for row, path in enumerate(self.model.paths) if self._has_curve(path)]
        count = min(len(weighted), len(COLORS))
        chosen = [weighted[round(index * (len(weighted) - 1) / max(count - 1, 1))] for index in range(count)]
        selection = QItemSelection()
        for row in chosen:
            selection.select(self.model.index(row, 0), self.model.index(row, len(COLUMNS)))
        self.table.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def _has_curve(self, path: Path) -> bool:
        return self._history is not None and self._history.has_points(curve_name(self._column.key, path))

    @Slot(int)
    def _choose_column(self, section: int) -> None:
        if section:
            self._column = COLUMNS[section - 1]
            self._choose_curves()

    @Slot()
    def _choose_curves(self) -> None:
        """Draws the chosen column of the selected layers."""
        from builder.panels.plots import Chart  # pyqtgraph would hold up the window by 0.35 s

        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        paths = [self.model.paths[row] for row in rows][: len(COLORS)]
        spec = _spec(self._column, paths, self.model.name)
        if self.chart is None:
            self.chart = Chart(spec, self._theme, self)
            self.chart.ranged.connect(self._keep_range)
            self.chart.all_asked.connect(self.fit)
            self.chart.menu_asked.connect(self.menu_asked)
            self._row.addWidget(self.chart, 2)
        else:
            self.chart.set_spec(spec)
        self.chart.set_history(self._history)
        self.draw()


def _spec(column: Column, paths: Sequence[Path], name: Callable[[Path], str]) -> ChartSpec:
    curves = tuple(
        CurveSpec(curve_name(column.key, path), name(path), color, smooth=True, is_named_by_user=True)
        for path, color in zip(paths, COLORS, strict=False)
    )
    return ChartSpec(column.key, column.title, curves, can_log=True)
