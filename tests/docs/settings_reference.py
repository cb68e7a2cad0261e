"""Writes the table of settings into docs/reference/settings.md, from the settings themselves.

``python -m tests.docs.settings_reference``
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tracker.settings import PREFIX, Settings, secrets

PAGE = Path(__file__).parents[2] / "docs/reference/settings.md"
BEGIN, END = "<!-- settings: written by tests.docs.settings_reference -->\n", "<!-- end of settings -->\n"

_SHORT_HEAD = ("| Key | Variable | If not set |", "|---|---|---|")
_HEAD = ("| Key | Variable | If not set | |", "|---|---|---|---|")

_COMPUTED = {
    "database_url": "`elsewhere.sqlite` in the data folder of the user",
    "actor": "the user of the operating system",
}


def table() -> str:
    """Return a table of the knobs, and one for each group of them."""
    return "\n".join(["", *_told(), ""])


def renewed(text: str) -> str:
    """Return the page with the table as it must be."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def _told() -> Iterator[str]:
    alone, groups = [], []
    for name, field in Settings.model_fields.items():
        group = field.get_default(call_default_factory=False)
        if isinstance(group, BaseModel) or is_dataclass(group):
            groups.append((name, field, group))
        else:
            alone.append((name, field))
    yield from _HEAD
    for name, field in alone:
        yield _row((name,), _COMPUTED.get(name) or _shown(field), field.description)
    for name, field, group in groups:
        yield from ["", f"### `[{name}]`", "", field.description or "", ""]
        if isinstance(group, BaseModel):
            yield from _HEAD
            for part, inner in type(group).model_fields.items():
                yield _row((name, part), _shown(inner), inner.description)
        else:
            yield from _SHORT_HEAD
            for one in fields(group):
                yield _row((name, one.name), _value(getattr(group, one.name)), None)
    yield ""


def _row(path: tuple[str, ...], default: str, about: str | None) -> str:
    variable = PREFIX + "__".join(path).upper()
    file = f", or the name of a file in `{variable}_FILE`" if path in set(secrets()) else ""
    told = f"| {about.replace('|', chr(92) + '|')} |" if about else "|"
    return f"| `{path[-1]}` | `{variable}`{file} | {default} {told}"


def _shown(field: FieldInfo) -> str:
    return _value(field.get_default(call_default_factory=True))


def _value(value: Any) -> str:
    match value:
        case None | () | "":
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{value.total_seconds():g}s`"
        case StrEnum():
            return f"`{value.value}`"
        case _:
            return f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
