"""The where-else report as one HTML page that needs nothing else: to mail, to print, to keep beside the minutes."""

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from tracker.core.dependency_graph import CatalogGraph
from tracker.reports.neighbourhood import HEIGHT, WIDTH, neighbourhood
from tracker.reports.where_else import WhereElseShape, in_short, open_questions
from tracker.reports.wording import LONGEST, brief, counted, entities, familiar, minute, score_sum, visible

_AFTER_A_PART = re.compile(r"(?<=[:/_])(?=\w)")
"""Where a ref or a dotted name may be broken over lines."""


def where_else_html(shape: WhereElseShape, graph: CatalogGraph) -> str:
    """Return the report as a page. Nothing in it is fetched, and nothing in it can run."""
    return (
        _templates()
        .get_template("where_else.html")
        .render(
            shape=shape,
            picture=neighbourhood(shape, graph),
            node_width=WIDTH,
            node_height=HEIGHT,
            questions=open_questions(shape),
            owners={one.owner for one in shape.exposed if one.owner},
            platforms={one.platform for one in shape.exposed if one.platform is not None},
        )
    )


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("tracker.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    templates.filters |= {
        "breakable": _breakable,
        "counted": counted,
        "entities": entities,
        "in_short": in_short,
        "minute": minute,
    }
    templates.globals |= {"longest": LONGEST, "score_sum": score_sum}
    return templates


def _harmless(value: object) -> object:
    """Escaping makes text inert for the browser; this makes it honest for the eye. It sees every value of a page."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _breakable(value: object) -> list[str]:
    """Return foreign text of bearable length, cut where a line may break."""
    return _AFTER_A_PART.split(familiar(brief(str(value))))
