"""What all shapes share: the parts that machines read, on the command line and over REST alike."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A part of a report as machines read it. Fields are only ever added."""

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)


def as_json(shape: Shape | Sequence[Shape]) -> str:
    """Return shapes as JSON text, in the order of their fields.

    Characters beyond ASCII are written as they are, save those that would act on a terminal or hide.
    """
    if isinstance(shape, Shape):
        return json.dumps(shape.model_dump(mode="json"), indent=2, ensure_ascii=False)
    return json.dumps([one.model_dump(mode="json") for one in shape], indent=2, ensure_ascii=False)
