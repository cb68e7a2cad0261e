#!/usr/bin/env python3
"""Writes the table of rooms into docs/explanation/architecture.md, from the first lines of the docstrings.

python3 .ci/architecture.py [--check]     with --check, only tells whether the table is as it should be
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
BEGIN, END = "<!-- rooms: written by .ci/architecture.py -->\n", "<!-- end of rooms -->\n"


def caption(module: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def rooms() -> str:
    """Return the table: one row per package, and one per module that stands between the rooms."""
    modules = [ROOT / "tracker" / name for name in ("settings.py", "bootstrap.py")]
    for package in ("tracker", "connectors"):
        modules.extend((ROOT / package).rglob("__init__.py"))
    rows = sorted((_name(module), caption(module)) for module in modules if module.exists())
    return "\n".join(
        ["", "| Room | |", "|---|---|", *(f"| `{name}` | {words} |" for name, words in rows), "", ""]
    )


def _name(module: Path) -> str:
    path = module.relative_to(ROOT)
    return f"{path.parent.as_posix()}/" if path.name == "__init__.py" else path.as_posix()


def main() -> int:
    """Write the table, or tell whether it needs to be written."""
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    written = f"{before}{BEGIN}{rooms()}{END}{after}"
    if text == written:
        return 0
    if "--check" in sys.argv[1:]:
        sys.stderr.write(
            f"{PAGE.relative_to(ROOT)}: the table of rooms is out of date; run python3 .ci/architecture.py\n"
        )
        return 1
    PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
