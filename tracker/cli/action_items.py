"""Commands about action items: list, show, and triage."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from tracker.cli.terminal import (
    LARGEST,
    NEEDS_A_PERSON,
    REFUSED,
    Format,
    FormatOption,
    application,
    complain,
    group,
    parse_day,
    show,
    stop,
)
from tracker.core.action_items import ItemSize, ItemState, ItemType, VerificationMethod
from tracker.core.errors import ElsewhereError, InvalidInput

if TYPE_CHECKING:
    from tracker.storage.action_items import ItemRecord
    from tracker.workflows.triage_action_items import Edit

commands = group(
    "items",
    "Action items: what is proposed, what was accepted, how far it is.",
    "items list --state proposed",
)

Ids = Annotated[list[int], typer.Argument(metavar="ID", help="Numbers of items.", min=1, max=LARGEST)]
Id = Annotated[int, typer.Argument(metavar="ID", help="The number of an item.", min=1, max=LARGEST)]
Words = Annotated[str | None, typer.Option()]
Owner = Annotated[str | None, typer.Option(help="A person or a team, by any of their names.")]
Day = Annotated[str | None, typer.Option(metavar="DAY", help="For instance 2026-12-31.")]
TypeOption = Annotated[ItemType | None, typer.Option("--type")]
SizeOption = Annotated[
    ItemSize | None, typer.Option(help="program: too big for one team to finish as one piece.")
]


class Clearable(StrEnum):
    """Fields of an item that may be empty."""

    DESCRIPTION = "description"
    OWNER = "owner"
    DUE = "due"
    PRIORITY = "priority"
    TYPE = "type"


@commands.command("list")
def list_(
    context: typer.Context,
    state: Annotated[
        list[ItemState] | None, typer.Option(help="Only in this state; may be repeated.")
    ] = None,
    postmortem: Annotated[
        int | None, typer.Option(metavar="ID", help="Only of this postmortem.", min=1, max=LARGEST)
    ] = None,
    program: Annotated[str | None, typer.Option(metavar="KEY", help="Only of this program.")] = None,
    team: Annotated[str | None, typer.Option(metavar="NAME", help="Only of this team.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only with these words in the owner.")] = None,
    overdue: Annotated[
        bool | None, typer.Option("--overdue/--not-overdue", help="Only what is late, or what is not.")
    ] = None,
    text: Annotated[str | None, typer.Option(help="Only with these words in the title.")] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """List action items.

    Example: elsewhere items list --state proposed --postmortem 3
    """
    from tracker.reports.action_items import item_shape, items_table
    from tracker.storage import action_items, postmortems, programs
    from tracker.storage.action_items import Wanted

    opened = application(context).context
    wanted = Wanted(
        states=state or (),
        postmortem_id=postmortem,
        program=program,
        team=team,
        owner=owner,
        text=text,
        overdue=overdue,
    )
    with opened.database.reading() as session:
        if postmortem is not None:
            postmortems.get(session, postmortem)
        if program is not None:
            programs.get(session, program)
        records = action_items.listing(session, wanted, today=opened.now.date())
    shapes = [item_shape(record) for record in records]
    show(lambda: items_table(shapes), shapes, how)


@commands.command("show")
def show_(context: typer.Context, item_id: Id, how: FormatOption = Format.TABLE) -> None:
    """Show all that is known of one item: its words, its place in the document, its history.

    Example: elsewhere items show 12
    """
    from tracker.reports.action_items import change_shapes, item_page, item_shape
    from tracker.storage import action_items, audit

    opened = application(context).context
    with opened.database.reading() as session:
        shape = item_shape(action_items.record(session, item_id, today=opened.now.date()))
        changes = change_shapes(audit.history(session, "action_item", item_id))
    show(lambda: item_page(shape, changes), shape, how)


@commands.command()
def accept(context: typer.Context, item_ids: Ids, how: FormatOption = Format.TABLE) -> None:
    """Accept proposed items. One that its document calls done is done at once.

    Example: elsewhere items accept 12 13 14
    """
    from tracker.workflows.triage_action_items import accept_item

    opened = application(context)
    _each(item_ids, lambda item_id: accept_item(opened.context, item_id), how)


@commands.command()
def decline(
    context: typer.Context,
    item_ids: Ids,
    reason: Annotated[str, typer.Option(help="Why, for the next reader.")],
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="Look again on this day (2026-12-31).")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Decline items, for a reason.

    Example: elsewhere items decline 15 --reason "the service is switched off in March" --until 2027-04-01
    """
    from tracker.workflows.triage_action_items import decline_item

    opened = application(context)
    day = parse_day(until, "--until")
    _each(item_ids, lambda item_id: decline_item(opened.context, item_id, reason, day), how)


@commands.command()
def move(
    context: typer.Context,
    item_ids: Ids,
    to: Annotated[ItemState, typer.Option(help="The state to move to.")],
    how: FormatOption = Format.TABLE,
) -> None:
    """Move items along: in_progress, blocked, done, or back.

    Example: elsewhere items move 12 --to in_progress
    """
    from tracker.workflows.triage_action_items import move_item

    opened = application(context)
    _each(item_ids, lambda item_id: move_item(opened.context, item_id, to), how)


@commands.command()
def verify(
    context: typer.Context,
    item_id: Id,
    note: Annotated[str, typer.Option(help="What shows it: a link, what was looked at, who ran the drill.")],
    method: Annotated[
        VerificationMethod, typer.Option(help="How it was verified.")
    ] = VerificationMethod.EVIDENCE,
    how: FormatOption = Format.TABLE,
) -> None:
    """Record that a done item did what it was for. The verifier is not the owner.

    Example: elsewhere items verify 12 --note "fail-over drill of 2026-11-20, see wiki/drills/41"
    """
    from tracker.workflows.triage_action_items import verify_item

    opened = application(context)
    _each([item_id], lambda one: verify_item(opened.context, one, method, note), how)


@commands.command()
def edit(
    context: typer.Context,
    item_id: Id,
    title: Annotated[str | None, typer.Option()] = None,
    description: Words = None,
    owner: Owner = None,
    due: Day = None,
    priority: Words = None,
    type_: TypeOption = None,
    size: SizeOption = None,
    clear: Annotated[
        list[Clearable] | None, typer.Option(help="Leave this field empty; may be repeated.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Give an item new values, or none. Later revisions of its document do not undo that.

    Examples:

        elsewhere items edit 12 --owner payments --due 2026-12-31

        elsewhere items edit 12 --clear due
    """
    from tracker.workflows.triage_action_items import edit_item

    opened = application(context)
    new = _edit(
        title=title,
        description=description,
        owner=owner,
        due=parse_day(due, "--due"),
        priority=priority,
        type=type_,
        size=size,
    )
    for field in clear or ():
        if field in new:
            raise InvalidInput("is given a value and cleared; do one of the two", f"--{field}")
    new.update(_edit(clear=clear or ()))
    _each([item_id], lambda one: edit_item(opened.context, one, new), how)


@commands.command()
def add(
    context: typer.Context,
    title: Annotated[str, typer.Argument(metavar="TITLE", help="What is to be done.")],
    description: Words = None,
    owner: Owner = None,
    due: Day = None,
    priority: Words = None,
    type_: TypeOption = None,
    size: SizeOption = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Propose an item that no document asks for.

    Example: elsewhere items add "Write a runbook for the session cache" --owner payments
    """
    from tracker.reports.action_items import item_page, item_shape
    from tracker.workflows.triage_action_items import add_item

    words = _edit(
        description=description,
        owner=owner,
        due=parse_day(due, "--due"),
        priority=priority,
        type=type_,
        size=size,
    )
    shape = item_shape(add_item(application(context).context, title, words))
    show(lambda: item_page(shape), shape, how)


def _edit(clear: Iterable[str] = (), **values: Any) -> "Edit":
    """Return what is to be set: the options that were given, and nothing for those to clear."""
    given = {field: value for field, value in values.items() if value is not None}
    return cast("Edit", given | dict.fromkeys(clear))


def _each(item_ids: list[int], change: "Callable[[int], ItemRecord]", how: Format) -> None:
    """Change each item in a transaction of its own; those that are refused are named, the others go on."""
    from tracker.reports.action_items import item_shape, items_table

    changed, codes = [], []
    for item_id in dict.fromkeys(item_ids):
        try:
            changed.append(item_shape(change(item_id)))
        except ElsewhereError as error:
            subject = f"item {item_id}"
            codes.append(complain(error, None if subject in str(error) else subject))
    if changed or not codes:
        show(lambda: items_table(changed), changed, how)
    if codes:
        stop(NEEDS_A_PERSON if changed else max(codes, key=lambda code: code == REFUSED))
