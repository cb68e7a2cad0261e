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


LONGEST = 300
"""Characters of the longest name."""


def name_of(kind: IdentityKind, text: str) -> Name:
    """Return a name of which people say what kind it is; raises `InvalidInput` for one that is not of that kind.

    >>> name_of(IdentityKind.CHAT, "@Mara")
    Name(kind=<IdentityKind.CHAT: 'chat'>, value='mara')
    """
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST:
        raise InvalidInput(f"must be 1 to {LONGEST} characters", "--value")
    if kind is IdentityKind.JIRA:
        return Name(kind, text)  # an account's id, whose case counts
    if kind in (IdentityKind.CHAT, IdentityKind.NAME):
        value = text.lstrip("@") if kind is IdentityKind.CHAT else text
        if not value:
            raise InvalidInput(f"{text!r} is no {kind} name", "--value")
        return Name(kind, value.casefold())
    name = parse_name(text)
    if name.kind is not kind or (kind is IdentityKind.EMAIL and name.value != text.casefold()):
        example = "mara@example.org" if kind is IdentityKind.EMAIL else "group:default/payments"
        raise InvalidInput(f"{text!r} is not a name of kind {kind}, such as {example}", "--value")
    return name


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
