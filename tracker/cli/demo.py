"""The command that runs the main job on an invented company, and leaves its files to play with."""

import sys
from pathlib import Path
from shlex import quote
from shutil import which
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from pydantic import SecretStr
from rich.rule import Rule

from tracker import samples
from tracker.cli.terminal import application, out
from tracker.core.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from tracker.bootstrap import Application


def add_to(app: typer.Typer) -> None:
    """Add the commands that stand on their own."""
    app.command()(demo)


def demo(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Where the sample files, the database and the reports go."),
    ] = Path("elsewhere-demo"),
) -> None:
    """Run the main job on an invented company: postmortems in, lessons, where else they apply, and the work by team.

    Running it again changes nothing.

    Example: elsewhere demo /tmp/elsewhere-demo
    """
    if "?" in str(folder):
        raise InvalidInput(
            "a database URL cannot name it; choose a name without a question mark", str(folder)
        )
    company = _unpack(folder)
    database = folder / "elsewhere.sqlite"
    context.find_root().obj.overrides["database_url"] = SecretStr(f"sqlite:///{database}")
    opened = application(context)
    told: dict[str, Any] = yaml.safe_load((samples.company() / "company.yaml").read_text(encoding="utf-8"))
    out.print(Rule(told["company"], style="bold"))
    out.print(told["about"], markup=False)
    _import_catalog(opened, company)
    _create_program(opened, told["program"])
    _ingest(opened, company)
    for lesson in told["lessons"]:
        _curate(opened, company, lesson)
    _report(opened, told["lessons"], folder)
    item = _plan(opened, told["program"])
    _what_next(folder, told, item)


def _unpack(folder: Path) -> Path:
    """Copy the sample files to where a person can read and change them; files that are there already stay."""
    company = folder / "company"

    def copy(source: "Traversable", target: Path) -> None:
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            for child in source.iterdir():
                if child.name != "__pycache__":
                    copy(child, target / child.name)
        elif not target.exists():
            target.write_bytes(source.read_bytes())

    try:
        copy(samples.company(), company)
    except OSError as error:
        raise InvalidInput(
            f"cannot be written ({error.strerror}); name another folder", str(folder)
        ) from error
    return company


def _step(title: str, command: str) -> None:
    out.print()
    out.print(Rule(title, align="left"))
    out.print(f"$ {command}", style="dim", markup=False, soft_wrap=True)


def _import_catalog(opened: "Application", company: Path) -> None:
    from tracker.reports.catalog import imported_shape, imported_table
    from tracker.workflows.import_catalog import import_catalog

    _step(
        "The catalog: four sources, each with what it has looked at",
        f"elsewhere catalog import {quote(str(company))}/catalog/*",
    )
    reader = opened.catalog_source("jsonl")
    shapes = [
        imported_shape(file.name, *import_catalog(opened.context, reader, str(file)))
        for file in sorted((company / "catalog").iterdir())
    ]
    out.print(imported_table(shapes))


def _create_program(opened: "Application", told: dict[str, Any]) -> None:
    from tracker.workflows import run_programs

    try:
        run_programs.show(opened.context, told["key"])
    except NotFound:
        run_programs.create_program(
            opened.context,
            told["key"],
            told["title"],
            goal=told["goal"],
            sponsor=told["sponsor"],
            lead=told["lead"],
        )


def _ingest(opened: "Application", company: Path) -> None:
    from tracker.reports.ingested import ingested_shape, ingested_table
    from tracker.workflows.ingest_postmortems import ingest

    folder = str(company / "postmortems")
    _step("Four SEV-1 postmortems, as four teams write them", f"elsewhere ingest {quote(folder)}")
    outcomes = ingest(opened.context, opened.postmortem_source("files"), [folder])
    out.print(ingested_table([ingested_shape(outcome) for outcome in outcomes]))


def _curate(opened: "Application", company: Path, told: dict[str, Any]) -> None:
    from tracker.core.patterns import parse_pattern
    from tracker.storage import lessons, postmortems
    from tracker.workflows import curate_lessons

    key = told["key"]
    with opened.context.database.reading() as session:
        learnings = [
            learning.id
            for postmortem, _, _ in postmortems.listing(session)
            for learning in postmortems.learnings_of(session, postmortem.id)
            if any(one["words"] in learning.text for one in told["learnings"])
        ]
        known = any(lesson.key == key for lesson, _, _ in lessons.listing(session))
    options = "".join(f" --learning {one}" for one in learnings)
    command = f"elsewhere lessons create {key} --title {quote(told['title'])}{options}"
    _step(f"A lesson: {told['title']}", command)
    if not known:
        curate_lessons.create_lesson(opened.context, key, told["title"], told["statement"], tuple(learnings))
    for name in told["patterns"]:
        file = company / "patterns" / name
        out.print(
            f"$ elsewhere lessons add-pattern {key} {quote(str(file))}",
            style="dim",
            markup=False,
            soft_wrap=True,
        )
        pattern = parse_pattern(file.read_text(encoding="utf-8"), place=str(file))
        curate_lessons.add_pattern(opened.context, key, pattern)
    out.print(told["statement"], markup=False)


def _report(opened: "Application", lessons: list[dict[str, Any]], folder: Path) -> None:
    from tracker.cli.where_else import ReportFormat, render, write_file
    from tracker.core.catalog import parse_ref
    from tracker.reports.where_else import answer_shape
    from tracker.reports.where_else_table import where_else_table
    from tracker.workflows import find_where_else

    for lesson in lessons:
        key, origin = lesson["key"], lesson["origin"]
        answer = find_where_else.by_lesson(
            opened.context, key, origin=parse_ref(origin), weights=opened.settings.rank
        )
        _step("Where else does it apply?", f"elsewhere where-else --lesson {key} --origin {origin}")
        out.print(where_else_table(answer_shape(answer)))
        page = folder / f"{key}.html"
        write_file(page, render(answer, ReportFormat.HTML))


def _plan(opened: "Application", told: dict[str, Any]) -> int:
    """Plan the work, show it, and return the number of the first item."""
    from tracker.reports.programs import program_page, program_shape
    from tracker.workflows import run_programs

    planned = []
    for lesson in told["lessons"]:
        record, _ = run_programs.add_lesson(opened.context, told["key"], lesson, weights=opened.settings.rank)
        planned.append(f"elsewhere programs add-lesson {told['key']} {lesson}")
    _step("The program, and the work it means for each team", " && ".join(planned))
    out.print(program_page(program_shape(record)))
    return record.items[0].item.id


def _what_next(folder: Path, told: dict[str, Any], item: int) -> None:
    first, database = told["lessons"][0]["key"], (folder / "elsewhere.sqlite").absolute()
    out.print()
    out.print(Rule("What to try next", align="left"))
    lines = [
        "Open the reports in a browser:",
        *(f"  {folder / lesson['key']}.html" for lesson in told["lessons"]),
        "Ask the same database more:",
        *([] if which("elsewhere") else [f"  export PATH={quote(str(Path(sys.executable).parent))}:$PATH"]),
        f"  export ELSEWHERE_DATABASE_URL={quote(f'sqlite:///{database}')}",
        f"  elsewhere where-else --lesson {first} --why component:default/reviews",
        "  elsewhere postmortems list",
        "  elsewhere items list --state proposed",
        f"  elsewhere items accept {item} && elsewhere programs show {told['program']['key']}",
        f"Change a file under {folder / 'company'} and run its command again: only the difference is saved.",
    ]
    for one in lines:
        out.print(one, markup=False, soft_wrap=True)
