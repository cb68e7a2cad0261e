"""Which names this server answers to, and which sites may send it changes (against DNS rebinding and forged requests)."""

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?")
_USUAL_PORTS = {"http": "80", "https": "443"}
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def name_in(host: str) -> str | None:
    """Return the name in a Host header: lower case, without port and final dot; ``None`` if it is not one.

    >>> name_in("LocalHost.:8080"), name_in("[::1]:80"), name_in("evil.example#@localhost")
    ('localhost', '[::1]', None)
    """
    found = _HOST.fullmatch(host)
    return found[1].lower().removesuffix(".") if found else None


def is_loopback_name(name: str | None) -> bool:
    """Return whether a name always means this machine."""
    if name is None:
        return False
    try:
        return name == "localhost" or ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def is_allowed(host: str, allowed: Collection[str]) -> bool:
    """Return whether a Host header is a name that this server answers to; ``*`` allows any well-formed one."""
    name = name_in(host)
    if name is None:
        return False
    names = {one.lower().removesuffix(".") for one in allowed}
    return "*" in names or name in names or ("localhost" in names and is_loopback_name(name))


def is_forged(headers: Mapping[str, str], trusted: Collection[str]) -> bool:
    """Return whether a browser sent this for the page of another site than this server or a trusted origin."""
    origin, fetched_by = headers.get("origin"), headers.get("sec-fetch-site")
    if origin in trusted:
        return False
    if fetched_by not in (None, "same-origin", "none"):
        return True
    return origin is not None and not _is_same(origin, headers.get("host", ""))


def _is_same(origin: str, host: str) -> bool:
    try:
        parts = urlsplit(origin)
        port = str(parts.port) if parts.port is not None else None
    except ValueError:
        return False
    found = _HOST.fullmatch(host)
    if found is None or parts.scheme not in _USUAL_PORTS or origin != f"{parts.scheme}://{parts.netloc}":
        return False
    usual = _USUAL_PORTS[parts.scheme]
    # Behind a proxy that speaks TLS for this server, the origin's scheme is not the one that arrives here.
    return (name_in(parts.netloc), port or usual) == (name_in(host), found[2] or usual)
