"""Tokens that programs show to the API: what they look like, what they may do, and how they are kept."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

from tracker.core.errors import InvalidInput

PREFIX = "els_"
"""So that people, and scanners that look for leaked secrets, know what they see."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_SHORTEST_SECRET = 32


class Scope(StrEnum):
    """What the holder of a token may do; each includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    def includes(self, other: "Scope") -> bool:
        """Return whether who has this scope may do what the other allows."""
        order = list(Scope)
        return order.index(self) >= order.index(other)


@dataclass(frozen=True, slots=True)
class ConfiguredToken:
    """A token that the server's settings name; only the hash of its secret is kept."""

    name: str
    scope: Scope
    secret_hash: str


def hash_of(secret: str) -> str:
    """Return what is kept of a secret. Secrets are random and long, so one quick round is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matching(tokens: tuple[ConfiguredToken, ...], secret: str) -> ConfiguredToken | None:
    """Return the configured token with this secret, in a time that does not tell how near a guess is."""
    presented, found = hash_of(secret), None
    for token in tokens:
        if hmac.compare_digest(token.secret_hash, presented):
            found = token
    return found


def check_name(name: str, place: str) -> str:
    """Return a token's name, which becomes the actor of its changes; raises `InvalidInput`."""
    if not _NAME.fullmatch(name):
        raise InvalidInput(
            f"{name!r} is not a name for a token: up to 64 letters, digits and . _ @ -, beginning with a letter or digit",
            place,
        )
    return name


def parse_tokens(text: str, place: str) -> tuple[ConfiguredToken, ...]:
    """Return the tokens that ``NAME:SCOPE:SECRET`` entries configure, apart by commas or white space.

    Lines that begin with ``#`` are remarks. Raises `InvalidInput`, which counts the entries and shows no secret.

    >>> [token.name for token in parse_tokens("ci:read:0123456789abcdef0123456789abcdef", "tokens")]
    ['ci']
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    tokens: dict[str, ConfiguredToken] = {}
    for number, entry in enumerate(re.split(r"[\s,]+", " ".join(lines).strip()), 1):
        if not entry:
            continue
        where = f"{place}, entry {number}"
        name, _, rest = entry.partition(":")
        scope, _, secret = rest.partition(":")
        if not secret or scope not in list(Scope):
            raise InvalidInput("expected NAME:SCOPE:SECRET with the scope read, write or admin", where)
        if len(secret) < _SHORTEST_SECRET or not secret.isascii():
            raise InvalidInput(
                f"the secret is not {_SHORTEST_SECRET} or more ASCII characters; `openssl rand -hex 32` makes one",
                where,
            )
        if check_name(name, where) in tokens:
            raise InvalidInput(f"there are two tokens {name!r}; each has a name of its own", where)
        tokens[name] = ConfiguredToken(name, Scope(scope), hash_of(secret))
    return tuple(tokens.values())
