"""Shows: an invented company, its postmortems, catalog and patterns, for the demo and the tutorial."""

from importlib.resources import files
from importlib.resources.abc import Traversable


def company() -> Traversable:
    """Return the folder of the invented company.

    ``company.yaml`` says what its lessons are; beside it stand ``catalog/``, ``patterns/`` and ``postmortems/``.
    """
    return files(__name__) / "company"


def template() -> str:
    """Return the postmortem template, in Markdown."""
    return (files(__name__) / "postmortem-template.md").read_text(encoding="utf-8")
