"""What can be done with earlier runs, as data."""

from __future__ import annotations

from builder.actions import ActionSpec

RESUME = "run.resume"
RUN_LIST_ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(
        RESUME,
        "R&esume run",
        "Run",
        "resume_run",
        (),
        "play",
        "Goes on with the chosen run, else with the last one, from where it stood.",
    ),
    ActionSpec("run.runs", "Show &runs", "Run", "show_runs", ("Ctrl+Alt+R",), "runs", "Opens the Runs tab."),
    ActionSpec(
        "runs.show",
        "&Show curves",
        "Run",
        "show_run_curves",
        (),
        "chart",
        "Draws the curves of the chosen runs in the Training tab, over those of the run that is there.",
    ),
    ActionSpec(
        "runs.compare",
        "&Compare...",
        "Run",
        "compare_runs",
        (),
        "layers",
        "Shows what plan, network and result of two runs differ in.",
    ),
    ActionSpec(
        "runs.restore",
        "Res&tore network and plan",
        "Run",
        "restore_run",
        (),
        "undo",
        "Puts back the network and the plan that the chosen run was trained with, as one step.",
    ),
    ActionSpec(
        "runs.rename",
        "Re&name run",
        "Run",
        "rename_run",
        (),
        "rename",
        "Gives the chosen run a name of your own (F2 in the table).",
    ),
    ActionSpec(
        "runs.folder",
        "Open its &folder",
        "Run",
        "open_chosen_run",
        (),
        "open",
        "Shows the files of the chosen run.",
    ),
    ActionSpec(
        "runs.delete",
        "&Delete run",
        "Run",
        "delete_runs",
        (),
        "delete",
        "Moves the chosen runs to the trash.",
    ),
)
RUNS = tuple(spec.id for spec in RUN_LIST_ACTIONS if spec.id.startswith("runs."))
ON_RUNS = (RUNS[0], RESUME, *RUNS[1:])  # in the order in which the Runs tab has them
