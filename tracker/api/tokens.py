"""Tokens: what the one that was shown may do. They are made and revoked on the command line only."""

from typing import Literal

from pydantic import Field

from tracker.api.authentication import Asking, Reader
from tracker.api.nouns import routes_of
from tracker.reports.shape import Shape

router = routes_of("tokens")


class TokenSelf(Shape):
    """Who asks, and what they may do."""

    actor: str = Field(examples=["nightly-dashboard"])
    scope: Literal["read", "write", "admin"] = Field(examples=["read"])


@router.get("/self")
def self_(context: Reader, asking: Asking) -> TokenSelf:
    """Return who asks, and what they may do."""
    return TokenSelf(actor=context.actor, scope=asking.scope.value)
