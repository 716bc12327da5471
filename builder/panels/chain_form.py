"""The steps that prepare samples as forms: add, order, set and remove them, for training and validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from builder.icons import icon
from builder.panels.chain_edits import (
    EVAL,
    TRAIN,
    TYPE,
    Step,
    changed,
    following_steps,
    has_own_eval,
    path_of,
    retyped,
    spec_of,
    steps_of,
    with_own_eval,
    with_steps,
)
from builder.panels.field_text import UNSET
from builder.panels.form_row import default_state
from builder.panels.plan_edits import Training
from builder.panels.section import inline_button
from builder.panels.typed_form import TypedForm
from builder.texts import later, tr, tr_made
from builder.theme import GRID, font
from graph.catalog.params import Choice
from runtime.data.transform_choices import TRANSFORMS

NUMBER_WIDTH = 24  # pixels
STEADY = tuple(name for name, spec in TRANSFORMS.items() if not spec.is_random)
CHOICES = {TRAIN: tuple(TRANSFORMS), EVAL: STEADY}


class StepForm(TypedForm):
    """One step, with buttons that move or remove it."""

    def __init__(self, split: str, index: int, parent: QWidget) -> None:
        first, *_ = CHOICES[split]
        spec = Choice(name=f"{split}{index}", default=first, choices=CHOICES[split])
        super().__init__(f"{index + 1}.", spec, {}, parent=parent)
        self.type_field.setAccessibleName(tr("Step {number}", number=index + 1))
        self.up = inline_button("chevron-up", tr("Earlier"), self)
        self.down = inline_button("chevron-down", tr("Later"), self)
        self.remove = inline_button("delete", tr("Remove this step"), self)
        self.heading.setFixedWidth(NUMBER_WIDTH)
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        for button in (self.up, self.down, self.remove):
            buttons.addWidget(button)
        self.add_to_top(buttons)

    def show_step(self, split: str, index: int, step: Step, problems: Mapping[str, str]) -> None:
        """Shows a step of a chain."""
        spec, wrong = spec_of(step), path_of(split, index, TYPE)
        is_wrong = bool({wrong, path_of(split, index)} & problems.keys())
        help_text = tr_made(spec.help) if spec else ""
        self.show_type(step.get(TYPE), spec.params if spec else (), help_text, is_wrong=is_wrong)
        for param in spec.params if spec else ():
            problem = problems.get(path_of(split, index, param.name), "")
            self.show_state(param.name, default_state(param, step.get(param.name, UNSET), problem))


class ChainForm(QWidget):
    """The steps of one split.

    Signals:
        changed(steps, label, burst): the chain is to be another; edits with one burst number belong to one
            undo step.
        cancelled(burst): the edits with this burst number shall be as if they had never been.
    """

    changed = Signal(object, str, int)
    cancelled = Signal(int)

    def __init__(self, split: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._split = split
        self._steps: list[Step] = []
        self.forms: list[StepForm] = []
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        for name in CHOICES[split]:
            action = self.menu.addAction(name)
            action.setToolTip(tr_made(TRANSFORMS[name].help))
            action.triggered.connect(lambda _checked=False, name=name: self._add(name))
        self.add_button = QPushButton(icon("plus"), tr("Add a step"), self)
        self.add_button.setMenu(self.menu)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.add_button, alignment=Qt.AlignmentFlag.AlignLeft)

    def show_steps(self, training: Training, problems: Mapping[str, str], is_image: bool) -> None:
        """Shows the steps of a plan.

        Args:
            training: the plan.
            problems: what is wrong in it, by path.
            is_image: whether the network takes images; other samples have no use for some steps.
        """
        self._steps = steps_of(training, self._split)
        while len(self.forms) < len(self._steps):
            self._put_form(len(self.forms))
        while len(self.forms) > len(self._steps):
            form = self.forms.pop()
            form.hide()
            form.deleteLater()
        for index, (form, step) in enumerate(zip(self.forms, self._steps, strict=True)):
            form.show_step(self._split, index, step, problems)
            form.up.setEnabled(index > 0)
            form.up.setToolTip(tr("Earlier") if index else tr("It is the first step."))
            is_last = index == len(self._steps) - 1
            form.down.setEnabled(not is_last)
            form.down.setToolTip(tr("It is the last step.") if is_last else tr("Later"))
        for action in self.menu.actions():
            spec = TRANSFORMS[action.text()]
            is_useless = spec.images_only and not is_image
            action.setEnabled(not is_useless)
            action.setToolTip(
                tr("Only for images: the Input takes none.") if is_useless else tr_made(spec.help)
            )

    def _put_form(self, index: int) -> None:
        form = StepForm(self._split, index, self)
        form.retyped.connect(lambda name: self._change(index, lambda step: retyped(step, name)))
        form.edited.connect(
            lambda name, value, burst: self._change(index, lambda step: changed(step, name, value), burst)
        )
        form.cancelled.connect(lambda _name, burst: self.cancelled.emit(burst))
        form.up.clicked.connect(lambda: self._swap(index - 1))
        form.down.clicked.connect(lambda: self._swap(index))
        form.remove.clicked.connect(lambda: self._remove(index))
        self.forms.append(form)
        self._layout.insertWidget(index, form)

    def _add(self, name: str) -> None:
        self.changed.emit([*self._steps, {TYPE: name}], later("Add a transform"), 0)

    def _remove(self, index: int) -> None:
        left = [step for place, step in enumerate(self._steps) if place != index]
        self.changed.emit(left, later("Remove a transform"), 0)

    def _swap(self, index: int) -> None:
        """Swaps a step with the one behind it."""
        first, second = self._steps[index : index + 2]
        steps = [*self._steps[:index], second, first, *self._steps[index + 2 :]]
        self.changed.emit(steps, later("Move a transform"), 0)

    def _change(self, index: int, change: Callable[[Step], Step], burst: int = 0) -> None:
        steps = [change(step) if place == index else step for place, step in enumerate(self._steps)]
        self.changed.emit(steps, later("Set a transform"), burst)


class TransformsForm(QWidget):
    """The steps of training and validation below a heading that folds them.

    Signals:
        submitted(training, label, merge_key): the plan is to be another.
        cancelled(merge_key): the edits with this key shall be as if they had never been.
    """

    submitted = Signal(object, str, object)
    cancelled = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._training: Training = {}
        self.header = QToolButton(self, text=tr("Transforms"), checkable=True)
        self.header.setIconSize(QSize(12, 12))
        self.header.setFont(font("strong"))
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.header.setProperty("role", "fold")
        self.header.setToolTip(tr("What is done to every sample before the network sees it."))
        self.header.toggled.connect(self._fold)
        self.summary = QLabel(self, wordWrap=True)
        self.own_eval = QCheckBox(tr("Own steps for validation"), self)
        self.own_eval.setToolTip(tr("Else those of training, without what is random."))
        self.own_eval.clicked.connect(self._set_own_eval)
        self.following = QLabel(self, wordWrap=True)
        for label in (self.summary, self.following):
            label.setProperty("role", "muted")
        self.chains = {split: ChainForm(split, self) for split in (TRAIN, EVAL)}
        for split, chain in self.chains.items():
            chain.changed.connect(
                lambda steps, label, burst, split=split: self._submit(split, steps, label, burst)
            )
            chain.cancelled.connect(lambda burst, split=split: self.cancelled.emit((split, burst)))
        self._lay_out()
        self._fold(False)

    def show_plan(self, training: Training, problems: Mapping[str, str], is_image: bool) -> None:
        """Shows the steps of a plan; unfolds where something is wrong with one."""
        self._training = training
        for chain in self.chains.values():
            chain.show_steps(training, problems, is_image)
        names = [str(step.get(TYPE)) for step in steps_of(training, TRAIN)]
        self.summary.setText(", ".join(names) or tr("none"))
        has_own = has_own_eval(training)
        self.own_eval.setChecked(has_own)
        followed = ", ".join(following_steps(training)) or tr("none")
        self.following.setText(tr("Validation samples: {steps}.", steps=followed))
        self.following.setVisible(not has_own)
        self.chains[EVAL].setVisible(has_own)
        if any(path.startswith("data.transforms") for path in problems):
            self.header.setChecked(True)

    def _submit(self, split: str, steps: list[Step], label: str, burst: int) -> None:
        training = with_steps(self._training, split, steps)
        self.submitted.emit(training, label, (split, burst) if burst else None)

    @Slot(bool)
    def _set_own_eval(self, has_own: bool) -> None:
        training = with_own_eval(self._training, has_own)
        self.submitted.emit(training, later("Set steps of validation"), None)

    @Slot(bool)
    def _fold(self, is_open: bool) -> None:
        self.header.setIcon(icon("chevron-down" if is_open else "chevron-right"))
        self._content.setVisible(is_open)

    def _lay_out(self) -> None:
        self._content = QWidget(self)
        inside = QVBoxLayout(self._content)
        inside.setContentsMargins(0, 0, 0, GRID)
        inside.setSpacing(GRID)
        for part in (self.chains[TRAIN], self.own_eval, self.following, self.chains[EVAL]):
            inside.addWidget(part)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.header)
        top.addWidget(self.summary, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(top)
        layout.addWidget(self._content)
