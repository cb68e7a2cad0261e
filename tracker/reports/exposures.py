"""Exposures as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, line, table
from tracker.reports.where_else import EvidenceShape, StepShape
from tracker.reports.wording import counted, minute
from tracker.storage.exposures import ExposureHistory, ExposureRecord
from tracker.storage.tables import ExposureDecision, ExposureEvaluation


class DecisionShape(Shape):
    """What a person decided about an exposure."""

    decision: str
    justification: str | None
    until: date | None
    actor: str
    decided_at: datetime


class PatternVersionShape(Shape):
    """A pattern that was asked, in one of its versions."""

    pattern: str
    version: int


class EvaluationShape(Shape):
    """One evaluation that changed an exposure: what was asked of which catalog, and the evidence for its verdict."""

    verdict: str
    patterns: list[PatternVersionShape]
    snapshot: int
    evaluated_at: datetime
    evidence: list[EvidenceShape]


class ExposureRowShape(Shape):
    """One exposure in a list: what it is of, where it stands, the last decision, and the items that are to end it."""

    id: int
    lesson: str
    lesson_title: str
    ref: str
    verdict: str
    state: str
    first_exposed_at: datetime | None
    updated_at: datetime
    decision: DecisionShape | None
    items: list[int]
    version: int


class ExposureShape(ExposureRowShape):
    """An exposure with all evaluations that changed it and all decisions, each the newest first."""

    evaluations: list[EvaluationShape]
    decisions: list[DecisionShape]


def exposure_row(record: ExposureRecord) -> ExposureRowShape:
    """Return one exposure of a list in its public shape."""
    one = record.exposure
    return ExposureRowShape(
        id=one.id,
        lesson=record.lesson.key,
        lesson_title=record.lesson.title,
        ref=record.ref,
        verdict=one.verdict,
        state=one.state,
        first_exposed_at=one.first_exposed_at,
        updated_at=one.updated_at,
        decision=_decision(record.decision) if record.decision else None,
        items=list(record.items),
        version=one.version,
    )


def exposure_shape(history: ExposureHistory) -> ExposureShape:
    """Return an exposure with its history in its public shape."""
    return ExposureShape(
        **dict(exposure_row(history.record)),
        evaluations=[_evaluation(one) for one in history.evaluations],
        decisions=[_decision(one) for one in history.decisions],
    )


def exposures_table(shapes: Iterable[ExposureRowShape]) -> RenderableType:
    """Return exposures for a terminal, one a line; an empty list says what to do next."""
    rows = [(one.id, one.state, one.verdict, one.ref, one.lesson, one.items) for one in shapes]
    if not rows:
        return Text("No exposures. `elsewhere where-else --lesson KEY` finds them.")
    columns = ("Exposure", "State", "Verdict", "Entity", "Lesson", "Items")
    return table(columns, [(*row[:-1], ", ".join(map(str, row[-1]))) for row in rows], numbers=("Exposure",))


def exposure_page(shape: ExposureShape) -> RenderableType:
    """Return all that is known of one exposure for a terminal, the latest evidence and every decision."""
    parts: list[RenderableType] = [
        Text(f"Exposure {shape.id}: ", style="bold").append(line(shape.ref)),
        fields(
            [
                ("lesson", f"{shape.lesson}: {shape.lesson_title}"),
                ("state", shape.state),
                ("verdict", shape.verdict),
                ("first exposed", minute(shape.first_exposed_at) if shape.first_exposed_at else None),
                ("items", ", ".join(map(str, shape.items))),
            ]
        ),
    ]
    for one in shape.evaluations[:1]:
        asked = ", ".join(f"{of.pattern} (version {of.version})" for of in one.patterns)
        parts.append(line(f"evaluated {minute(one.evaluated_at)} by {asked}: {one.verdict}"))
        parts.extend(
            Text("  ").append(line(f"{said.says} [{said.source or 'its name'}]")) for said in one.evidence
        )
    if earlier := len(shape.evaluations) - 1:
        words = counted(earlier, "earlier evaluation", "earlier evaluations")
        parts.append(Text(f"{words}; --format json shows all", style="dim"))
    for said in shape.decisions:
        until = f" until {said.until}" if said.until else ""
        why = f": {said.justification}" if said.justification else ""
        parts.append(line(f"{minute(said.decided_at)} {said.actor}: {said.decision}{until}{why}"))
    if not shape.decisions:
        parts.append(Text(f"next: elsewhere exposures decide {shape.id} affected", style="dim"))
    return Group(*parts)


def _decision(one: ExposureDecision) -> DecisionShape:
    return DecisionShape(**{name: getattr(one, name) for name in DecisionShape.model_fields})


def _evaluation(one: ExposureEvaluation) -> EvaluationShape:
    return EvaluationShape(
        verdict=one.verdict,
        patterns=[
            PatternVersionShape(pattern=of["pattern"], version=of["version"]) for of in one.pattern_versions
        ],
        snapshot=one.snapshot_id,
        evaluated_at=one.evaluated_at,
        evidence=[_evidence(said) for said in one.evidence],
    )


def _evidence(said: dict[str, Any]) -> EvidenceShape:
    """Return a line of evidence as it was kept; of what nobody could tell, only the leaf and its words were."""
    return EvidenceShape(
        leaf=said["leaf"],
        says=said["says"],
        path=[
            StepShape(from_ref=step["from"], relation=step["relation"], to_ref=step["to"])
            for step in said.get("path", ())
        ],
        source=said.get("source"),
        observed_at=said.get("observed_at"),
    )
