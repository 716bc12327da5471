"""Commands on project files: templates, new, layers, check, fix, schema."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from builder.commands.base import CommandError, Commands, read_project, to_json, write_project
from builder.findings import all_problems
from builder.quantities import bytes_text
from graph.catalog import CATALOG
from graph.catalog.spec import LayerSpec, PortSpec
from graph.cost import Cost, macs
from graph.cost_memory import largest_batch
from graph.dims import Dim
from graph.document import Document, EditError, Project
from graph.edits import Batch
from graph.inference import Inference
from graph.node_result import NodeResult
from graph.problems import Problem
from graph.shapes import TensorSpec, shape_to_json
from graph.storage import json_schema
from graph.templates import UnknownTemplateError, template, templates
from runtime.free_memory import free_memory
from runtime.plan import PlanError, TrainingPlan
from runtime.training_cost import training_cost, usable_plan

MAX_FIXES = 1000
SEVERITIES = {"error": "error", "warning": "warning", "info": "hint"}


def register(commands: Commands) -> None:
    """Declares the commands."""
    listing = commands.add("templates", _templates, "list the networks that a project can start from")
    listing.add_argument("--json", action="store_true", help="print JSON")
    new = commands.add("new", _new, "write a new project made from a template")
    new.add_argument("--template", required=True, metavar="NAME")
    new.add_argument("-o", "--output", required=True, type=Path, metavar="PROJECT")
    layers = commands.add("layers", _layers, "list every layer type with its ports and parameters")
    layers.add_argument("--json", action="store_true", help="print JSON")
    check = commands.add("check", _check, "tell shapes, parameters, FLOPs and problems of projects")
    check.add_argument("projects", nargs="+", type=Path, metavar="PROJECT")
    check.add_argument("--json", action="store_true", help="print one JSON object a line and project")
    fix = commands.add("fix", _fix, "apply the one-click fixes of all errors")
    fix.add_argument("project", type=Path, metavar="PROJECT")
    fix.add_argument("--all", action="store_true", help="apply the fixes of warnings and hints too")
    fix.add_argument("-o", "--output", required=True, type=Path, metavar="PROJECT")
    commands.add("schema", _schema, "print the JSON Schema of project files")


def _templates(options: argparse.Namespace) -> int:
    entries = templates()
    if options.json:
        print(to_json([{"name": entry.name, "description": entry.description} for entry in entries]))
    else:
        print("\n".join(f"{entry.name:<14}{entry.description}" for entry in entries))
    return 0


def _new(options: argparse.Namespace) -> int:
    try:
        project = template(options.template).project()
    except UnknownTemplateError as error:
        raise CommandError(str(error), 2) from error
    write_project(project, options.output)
    print(f"{options.output}: a new {project.name}")
    return 0


def _layers(options: argparse.Namespace) -> int:
    if options.json:
        print(to_json([_layer_json(spec) for spec in CATALOG.values()]))
        return 0
    for category in dict.fromkeys(spec.category for spec in CATALOG.values()):
        print(category)
        for spec in (spec for spec in CATALOG.values() if spec.category == category):
            print(f"  {spec.type:<20}{spec.help}")
    return 0


def _layer_json(spec: LayerSpec) -> dict[str, Any]:
    return {
        "type": spec.type,
        "category": spec.category,
        "help": spec.help,
        "source": spec.source,
        "inputs": [_port_json(port) for port in spec.inputs],
        "outputs": [_port_json(port) for port in spec.outputs],
        "params": [param.describe() for param in spec.params],
        "settings": [param.describe() for param in spec.settings],
    }


def _port_json(port: PortSpec) -> dict[str, Any]:
    count = {"min_count": port.min_count} if port.variadic else {}
    when = {"when": port.when} if port.when else {}
    return {
        "name": port.name,
        "dtypes": list(port.dtypes),
        "variadic": port.variadic,
        "optional": port.optional,
        **count,
        **when,
        "help": port.help,
    }


def _check(options: argparse.Namespace) -> int:
    exit_code = 0
    for path in options.projects:
        try:
            project = read_project(path)
        except CommandError as error:
            print(f"netloom: {error}", file=sys.stderr)
            exit_code = 2
            continue
        report = _Report(path, project)
        exit_code = max(exit_code, 0 if report.ok else 1)
        text = to_json(_report_json(report)) if options.json else "\n".join(_report_lines(report))
        print(text, flush=True)
    return exit_code


class _Report:
    """What `netloom check` says about a project."""

    def __init__(self, path: Path, project: Project) -> None:
        self.path, self.project = path, project
        self.inference = Inference(project.graph)
        self.problems = [*all_problems(project, self.inference), *_plan_problems(project)]
        self.ok = not any(problem.is_error for problem in self.problems)
        self.plan = usable_plan(project.training)
        self.cost = training_cost(project.graph, self.inference, self.plan)
        self.peak = self.cost.memory.peak(self.plan.batch_size) if self.ok else None
        self.device, self.free = free_memory(self.plan.device)
        self.largest_batch = largest_batch(self.cost.memory, self.free) if self.ok else None


def _plan_problems(project: Project) -> list[Problem]:
    """What keeps the plan from being used; the network can be looked at all the same."""
    try:
        TrainingPlan.from_mapping(project.training)
    except PlanError as error:
        text = f"The training plan cannot be used: {error}"
        return [Problem("unusable-plan", "warning", None, text, expected=error.expected, hint=error.hint)]
    return []


def _report_json(report: _Report) -> dict[str, Any]:
    project, inference = report.project, report.inference
    return {
        "path": str(report.path),
        "name": project.name,
        "ok": report.ok,
        "total_parameters": inference.total_parameters,
        "total_flops": _count_json(inference.total_flops),
        "total_macs": _count_json(macs(inference.total_flops)),
        "memory": _memory_json(report),
        "nodes": [
            {
                "id": node.id,
                "name": node.name,
                "type": node.type,
                **_result_json(inference.result(node.id)),
                **_cost_json(report.cost, node.id),
            }
            for node in project.graph.nodes.values()
        ],
        "problems": [problem.to_json() for problem in report.problems],
    }


def _result_json(result: NodeResult) -> dict[str, Any]:
    return {
        "outputs": {port: _tensor_json(tensor) for port, tensor in result.outputs.items()},
        "parameters": result.parameters,
        "flops": None if result.flops is None else _count_json(result.flops),
        "macs": None if result.flops is None else _count_json(macs(result.flops)),
    }


def _cost_json(cost: Cost, node_id: str) -> dict[str, Any]:
    """What a node keeps for the backward pass, in bytes by the batch `N`, and what its pixels see."""
    kept, field = cost.activations(node_id), cost.receptive_fields.get(node_id)
    return {
        "activation_bytes": None if kept is None else _count_json(kept),
        "receptive_field": field and list(field.sizes),
        "stride": field and [float(stride) for stride in field.strides],
    }


def _memory_json(report: _Report) -> dict[str, Any]:
    """Bytes of a training step as planned, what grows with the batch by `N`."""
    memory, plan = report.cost.memory, report.plan
    return {
        "batch_size": plan.batch_size,
        "precision": plan.precision,
        "optimizer_type": plan.optimizer.type,
        "parameters": memory.parameters,
        "gradients": _count_json(memory.gradients),
        "optimizer": memory.optimizer,
        "activations": _count_json(memory.activations),
        "batch": _count_json(memory.batch),
        "peak": report.peak,
        "device": report.device,
        "free": report.free,
        "largest_batch": report.largest_batch,
    }


def _tensor_json(tensor: TensorSpec | None) -> dict[str, Any] | None:
    return tensor and {"shape": shape_to_json(tensor.shape), "dtype": tensor.dtype}


def _count_json(count: Dim) -> int | str:
    return count if isinstance(count, int) else str(count)


def _report_lines(report: _Report) -> Iterable[str]:
    project, inference = report.project, report.inference
    rows = [_row(project, inference, node_id) for node_id in inference.order()]
    rows.insert(0, ("name", "type", "output", "parameters", "FLOPs"))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    yield f"{report.path}: {project.name}"
    for row in rows:
        left = "  ".join(text.ljust(width) for text, width in zip(row[:3], widths, strict=False))
        right = "  ".join(text.rjust(width) for text, width in zip(row[3:], widths[3:], strict=True))
        yield f"  {left}  {right}"
    parameters, flops = _count(inference.total_parameters), _count(inference.total_flops)
    multiplied = _count(macs(inference.total_flops))
    yield f"  {parameters} parameters, {flops} FLOPs ({multiplied} MACs) for one sample"
    if report.peak is not None:
        fits = f"batches up to {report.largest_batch or 0:,} fit into the {bytes_text(report.free)} free"
        size = f"{bytes_text(report.peak)} to train with batch size {report.plan.batch_size:,}"
        yield f"  {size}; {fits} on {report.device}"
    for severity, word in SEVERITIES.items():
        yield from (f"  {word}: {p.message}" for p in report.problems if p.severity == severity)
    yield f"  {'valid' if report.ok else 'not valid'}"


def _row(project: Project, inference: Inference, node_id: str) -> tuple[str, str, str, str, str]:
    node, result = project.graph.nodes[node_id], inference.result(node_id)
    outputs = ", ".join(str(tensor or "unknown") for tensor in result.outputs.values())
    return node.name, node.type, outputs, _count(result.parameters), _count(result.flops)


def _count(count: Dim | None) -> str:
    if count is None:
        return "unknown"
    return f"{count:,}" if isinstance(count, int) else str(count)


def _fix(options: argparse.Namespace) -> int:
    document = Document(read_project(options.project))
    inference = Inference(document.graph)
    document.subscribe(inference.update)
    failed: set[str] = set()
    for _ in range(MAX_FIXES):
        problem = _first_fixable(document.project, inference, failed, options.all)
        fix = problem.remedy if problem is not None else None
        if problem is None or fix is None:
            break
        try:
            document.apply(Batch(fix.label, fix.edits))
        except EditError as error:
            failed.add(problem.message)
            print(f"could not: {fix.label}: {error}", file=sys.stderr)
        else:
            failed.add(problem.message)  # a fix that changes nothing is not tried for ever
            print(f"{fix.label}: {problem.message}")
    write_project(document.project, options.output)
    left = [problem for problem in inference.problems() if problem.is_error]
    for problem in left:
        print(f"left: {problem.message}", file=sys.stderr)
    return 1 if left else 0


def _first_fixable(
    project: Project, inference: Inference, tried: set[str], with_findings: bool
) -> Problem | None:
    """The first problem that has a fix, errors before what only could be better."""
    problems = all_problems(project, inference) if with_findings else inference.problems()
    wanted = (problem for problem in problems if problem.is_error or with_findings)
    return next((problem for problem in wanted if problem.remedy and problem.message not in tried), None)


def _schema(options: argparse.Namespace) -> int:
    print(json.dumps(json_schema(), indent=2))
    return 0
