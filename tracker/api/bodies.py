"""Bodies of requests: how large they may be, and a digest of what they say."""

import hashlib
import re
from http import HTTPStatus

from starlette.exceptions import HTTPException

MOST_TEXT = 2**20
"""Bytes of the largest body that is no form with files: it is read as a whole, while others wait."""

_BOUNDARY = re.compile(r"""multipart/.*;\s*boundary=(?:"([^"]+)"|([^\s;"]+))""", re.IGNORECASE)


class Body:
    """Counts and hashes what arrives of a body, and refuses it where it becomes too large."""

    def __init__(self, content_type: str, most_bytes: int) -> None:
        is_form = content_type.lower().startswith("multipart/form-data")
        self._most = most_bytes if is_form else min(MOST_TEXT, most_bytes)
        self._length = 0
        found = _BOUNDARY.match(content_type)
        self._boundary = (found[1] or found[2]).encode("latin-1") if found else b""
        self._hash = hashlib.sha256()
        self._held = b""

    def expect(self, content_length: str) -> None:
        """Refuse a body that says itself that it is too large."""
        if content_length.isdigit() and len(content_length) < 20 and int(content_length) > self._most:
            raise self._too_large()

    def take(self, part: bytes) -> None:
        """Take the next part into account."""
        self._length += len(part)
        if self._length > self._most:
            raise self._too_large()
        if not self._boundary:
            self._hash.update(part)
            return
        # Held back is what a boundary may begin with that the next part ends.
        *whole, rest = (self._held + part).split(self._boundary)
        for piece in whole:
            self._hash.update(piece)
        told = max(0, len(rest) - len(self._boundary) + 1)
        self._hash.update(rest[:told])
        self._held = rest[told:]

    def digest(self) -> bytes:
        """Return a digest of all that was taken, without the boundary of a form: clients make a new one each time."""
        complete = self._hash.copy()
        complete.update(self._held)
        return complete.digest()

    def _too_large(self) -> HTTPException:
        return HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of this type has at most {self._most} bytes here"
        )
