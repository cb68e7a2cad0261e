"""Versions over HTTP: `ETag` says which version was answered, `If-Match` which one a change is made for."""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Header, Response
from starlette.exceptions import HTTPException

from tracker.api.at_once import at_once
from tracker.core.errors import InvalidInput, VersionChanged

_STRONG = re.compile(r'"([0-9]{1,9})"')
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def tell_version(response: Response, version: int) -> None:
    """Say which version is answered; that of the thing itself, as what is shown with it changes on its own."""
    response.headers["ETag"] = f'"{version}"'


def _expected(text: str) -> int | None:
    """Return the version that If-Match names, or ``None`` for any."""
    if text.strip() == "*":
        return None
    tags = [one.strip() for one in text.split(",")]
    if not all(_ENTITY_TAG.fullmatch(tag) for tag in tags) or len(tags) > 1:
        raise InvalidInput('expected one ETag in quotes, such as "3", or *', "/header/If-Match")
    if (strong := _STRONG.fullmatch(tags[0])) is None:
        raise VersionChanged(f"no version has the ETag {tags[0]}; read it again, then repeat the change")
    return int(strong[1])


_Header = Annotated[
    str | None,
    Header(
        alias="If-Match",
        description="The ETag of the version that the change is made for, or * for whichever it is.",
        examples=['"3"'],
    ),
]


def _required(if_match: _Header = None) -> int | None:
    if if_match is None:
        raise HTTPException(
            HTTPStatus.PRECONDITION_REQUIRED,
            "send the ETag of the version that you have read in If-Match, or If-Match: * to change whichever it is",
        )
    return _expected(if_match)


def _optional(if_match: _Header = None) -> int | None:
    return None if if_match is None else _expected(if_match)


IfMatch = Annotated[int | None, Depends(at_once(_required))]
"""The version that a PATCH expects; ``None`` when the caller explicitly takes any. Absent is 428."""

IfMatchOptional = Annotated[int | None, Depends(at_once(_optional))]
"""The version that an action expects, if it says so."""
