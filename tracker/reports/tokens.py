"""Tokens as machines read them, and as a terminal shows them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from pydantic import Field
from rich.console import RenderableType

from tracker.core.tokens import Scope
from tracker.reports.shape import Shape
from tracker.reports.terminal import fields, table
from tracker.storage.tables import Token
from tracker.workflows.tokens import NewToken, is_living


class TokenShape(Shape):
    """A token, without its secret, which nobody knows but its holder."""

    name: str
    scope: Scope
    state: Literal["living", "expired", "revoked"]
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None = Field(description="To the hour.")


class NewTokenShape(TokenShape):
    """A token that was just made, with its secret."""

    secret: str


def token_shape(token: Token, now: datetime) -> TokenShape:
    """Return a token in its public shape."""
    state: Literal["living", "expired", "revoked"] = "living" if is_living(token, now) else "expired"
    if token.revoked_at is not None and token.revoked_at < token.expires_at:
        state = "revoked"
    return TokenShape(
        name=token.name,
        scope=token.scope,
        state=state,
        created_at=token.created_at,
        created_by=token.created_by,
        expires_at=token.expires_at,
        revoked_at=token.revoked_at,
        last_used_at=token.last_used_at,
    )


def new_token_shape(new: NewToken) -> NewTokenShape:
    """Return a token that was just made, with its secret."""
    return NewTokenShape(**token_shape(new.token, new.token.created_at).model_dump(), secret=new.secret)


def new_token_page(shape: NewTokenShape) -> RenderableType:
    """Return a new token for a terminal."""
    return fields(
        [
            ("secret", shape.secret),
            ("name", shape.name),
            ("scope", shape.scope),
            ("expires", f"{shape.expires_at:%Y-%m-%d %H:%M} UTC"),
        ]
    )


def tokens_table(shapes: Iterable[TokenShape]) -> RenderableType:
    """Return tokens for a terminal."""
    return table(
        ("Name", "Scope", "State", "Expires", "Last used", "Created by"),
        (
            (
                shape.name,
                shape.scope,
                shape.state,
                f"{shape.expires_at:%Y-%m-%d}",
                f"{shape.last_used_at:%Y-%m-%d %H:00} UTC" if shape.last_used_at else "never",
                shape.created_by,
            )
            for shape in shapes
        ),
    )
