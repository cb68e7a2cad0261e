"""People and teams, and the many ways in which documents name them."""

import re
from dataclasses import dataclass
from enum import StrEnum

from tracker.core.catalog import EntityKind, kind_of, parse_ref
from tracker.core.errors import InvalidInput


class IdentityKind(StrEnum):
    """Where a name is used."""

    EMAIL = "email"
    CHAT = "chat"
    JIRA = "jira"
    CATALOG = "catalog"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Name:
    """One name of a person or team, in the form by which names are compared."""

    kind: IdentityKind
    value: str


_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_SEPARATORS = re.compile(r"\s*(?:,|;|&|\band\b)\s*")


def parse_name(text: str) -> Name:
    """Return a printed name in comparable form; case and spacing do not count.

    >>> parse_name("@Mara"), parse_name("group:payments")
    (Name(kind=<IdentityKind.CHAT: 'chat'>, value='mara'), Name(kind=<IdentityKind.CATALOG: 'catalog'>, value='group:default/payments'))
    """
    text = " ".join(text.split())
    if email := _EMAIL.search(text):
        return Name(IdentityKind.EMAIL, email[0].casefold())
    if text.startswith("@"):
        return Name(IdentityKind.CHAT, text.lstrip("@").casefold())
    if ":" in text:
        try:
            ref = parse_ref(text)
        except InvalidInput:
            pass
        else:
            if kind_of(ref) in (EntityKind.GROUP, EntityKind.USER):
                return Name(IdentityKind.CATALOG, ref)
    return Name(IdentityKind.NAME, text.casefold())


def parse_owners(text: str) -> tuple[Name, ...]:
    """Return the names in an owner as printed, such as ``"Mara Lind, payments team"``, each once."""
    names = [name for part in _SEPARATORS.split(text) for name in _names(part)]
    return tuple(dict.fromkeys(name for name in names if name.value))


def _names(part: str) -> list[Name]:
    """Return the names in a part; the slash within a ref is none that stands between two names."""
    whole = parse_name(part)
    return [whole] if whole.kind is IdentityKind.CATALOG else [parse_name(one) for one in part.split("/")]
