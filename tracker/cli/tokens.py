"""Commands about tokens: create, revoke and list."""

from typing import Annotated

import typer

from tracker.cli.terminal import Format, FormatOption, application, group, note, show
from tracker.core.tokens import Scope

commands = group("tokens", "Tokens with which programs use the API.", "tokens create nightly-report")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="Who holds it; the actor of the changes made with it.")
]


@commands.command()
def create(
    context: typer.Context,
    name: Name,
    scope: Annotated[
        Scope,
        typer.Option(
            help="read; write, to make changes; admin, for all of it, confidential things included."
        ),
    ] = Scope.READ,
    days: Annotated[int, typer.Option(help="How long it is good for; 366 at most.")] = 90,
    how: FormatOption = Format.TABLE,
) -> None:
    """Make a token, and print its secret: this once, because only its hash is kept.

    Example: elsewhere tokens create nightly-dashboard --scope read
    """
    from tracker.reports.tokens import new_token_page, new_token_shape
    from tracker.workflows import tokens

    shape = new_token_shape(tokens.create(application(context).context, name, scope, days=days))
    show(lambda: new_token_page(shape), shape, how)
    note("keep the secret now: it is shown this once")


@commands.command()
def revoke(context: typer.Context, name: Name) -> None:
    """Take a token back; the next request with it is refused.

    Example: elsewhere tokens revoke nightly-dashboard
    """
    from tracker.workflows import tokens

    tokens.revoke(application(context).context, name)
    note(f"the token {name} is revoked")


@commands.command("list")
def list_(context: typer.Context, how: FormatOption = Format.TABLE) -> None:
    """List all tokens, also those that have expired or were revoked; never their secrets.

    Example: elsewhere tokens list
    """
    from tracker.reports.tokens import token_shape, tokens_table
    from tracker.storage import tokens

    opened = application(context).context
    with opened.database.reading() as session:
        shapes = [token_shape(token, opened.now) for token in tokens.listing(session)]
    show(lambda: tokens_table(shapes), shapes, how)
