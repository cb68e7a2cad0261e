"""What all shapes share: the parts that machines read, on the command line and over REST alike."""

import json
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A part of a report as machines read it. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


_ACTING = re.compile("[\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
"""Characters that act on a terminal or hide; JSON below 0x20 is escaped by its own rules."""


def as_json(shape: Shape | Sequence[Shape]) -> str:
    """Return shapes as JSON text, in the order of their fields.

    Characters beyond ASCII are written as they are, save those that would act on a terminal or hide.
    """
    plain = (
        shape.model_dump(mode="json")
        if isinstance(shape, Shape)
        else [one.model_dump(mode="json") for one in shape]
    )
    return _ACTING.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(plain, indent=2, ensure_ascii=False)
    )
