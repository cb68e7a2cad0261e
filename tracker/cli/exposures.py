"""Commands about exposures: list them, look at one, and decide."""

from typing import Annotated

import typer

from tracker.cli.terminal import (
    LARGEST,
    Format,
    FormatOption,
    application,
    group,
    parse_day,
    parse_ref_option,
    show,
)
from tracker.core.exposures import Decision, ExposureState, ExposureVerdict

commands = group(
    "exposures",
    "Exposures: where a lesson applies, what shows it, and what people decided.",
    "exposures list --lesson command-timeouts",
)

Number = Annotated[
    int, typer.Argument(metavar="NUMBER", min=1, max=LARGEST, help="As `exposures list` shows.")
]


@commands.command("list")
def list_(
    context: typer.Context,
    lesson: Annotated[str | None, typer.Option(metavar="KEY")] = None,
    ref: Annotated[str | None, typer.Option(metavar="REF", help="An entity, by its ref or an alias.")] = None,
    state: Annotated[list[ExposureState] | None, typer.Option(help="May be repeated.")] = None,
    verdict: Annotated[list[ExposureVerdict] | None, typer.Option(help="May be repeated.")] = None,
    program: Annotated[
        str | None, typer.Option(metavar="KEY", help="Of the lessons that it carries.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """List exposures by number.

    Example: elsewhere exposures list --lesson command-timeouts --state undecided
    """
    from tracker.reports.exposures import exposure_row, exposures_table
    from tracker.storage import exposures
    from tracker.storage.pages import every

    entity = parse_ref_option(ref, "--ref")
    with application(context).context.database.reading() as session:
        found = every(
            lambda paging: exposures.page(
                session,
                paging,
                lesson=lesson,
                ref=entity,
                states=state or (),
                verdicts=verdict or (),
                program=program,
            )
        )
        shapes = [exposure_row(one) for one in found]
    show(lambda: exposures_table(shapes), shapes, how)


@commands.command("show")
def show_(context: typer.Context, number: Number, how: FormatOption = Format.TABLE) -> None:
    """Show an exposure with its evidence and what people decided.

    Example: elsewhere exposures show 7
    """
    from tracker.reports.exposures import exposure_page, exposure_shape
    from tracker.storage import exposures

    with application(context).context.database.reading() as session:
        shape = exposure_shape(exposures.history(session, number))
    show(lambda: exposure_page(shape), shape, how)


@commands.command()
def decide(
    context: typer.Context,
    number: Number,
    decision: Decision,
    justification: Annotated[
        str | None, typer.Option(help="Why so; not_affected is refused without it.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="DAY", help="The day on which an accepted risk is looked at again.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Record what you decide about an exposure. Nothing that was decided before is lost.

    Examples:

        elsewhere exposures decide 7 not_affected --justification "It has been read-only since May"

        elsewhere exposures decide 7 risk_accepted --until 2027-03-31
    """
    from tracker.reports.exposures import exposure_page, exposure_shape
    from tracker.workflows.decide_exposures import decide_exposure

    shape = exposure_shape(
        decide_exposure(
            application(context).context,
            number,
            decision,
            justification=justification,
            until=parse_day(until, "--until"),
        )
    )
    show(lambda: exposure_page(shape), shape, how)
