"""A stand-in of Jira Cloud: stateful, in memory, over real HTTP.

To rehearse a sync without a Jira, run ``python -m connectors.jira.stand_in --project OPS``; it prints the settings to
use, and a line to move an issue by, as people there would. A browser shows ``/browse/OPS-1``. In a test::

    with running(clock) as site:
        connector = connect(site.settings)              # {"URL": …, "USER": …, "TOKEN": …, "PROJECT": …}
        issue = site.create("Somebody's issue")          # people's doings: edit, transition, comment, delete,
        site.transition(issue.key, "Done")               # move, hide, show; none of them is in the log
        site.faults.add(LoseAnswer(), when=lambda request: request.to("POST", "/issue/bulk"))
        assert len(site.requests.writes) == 1            # every exchange: request, answer, status

It answers the paths of version 2 that a sync needs (version 3 too, with Atlassian documents for text), and it
has Jira's habits: ids stay and keys move, text comes back normalised, labels sorted, ``updated`` ignores
property writes, the search index is as late as ``site.index_lag``, dates in JQL are read in the time zone of the
account's profile, a wrong or expired token is a stranger who gets 200 with nothing in it. What an administrator
could change is an attribute of the site: ``workflow`` (`every_move`, `step_by_step`, or your own), ``screen``,
``required_fields``, ``custom_fields``, ``denied_permissions``, ``people``, ``token_has_expired``.

It is not Jira: of JQL it knows restrictions joined by AND, and nobody is rate-limited unless a fault says so.
"""

from connectors.jira.stand_in.exchange import Answer, Exchange, Log, Refusal, Request
from connectors.jira.stand_in.faults import (
    AnswerInstead,
    Drip,
    Hang,
    LoseAnswer,
    Meanwhile,
    SpoilAnswer,
    failing,
    garbage,
)
from connectors.jira.stand_in.server import running
from connectors.jira.stand_in.site import OURSELVES, SOMEBODY, Comment, Issue, Person, Site
from connectors.jira.stand_in.workflow import (
    Category,
    Project,
    Transition,
    Workflow,
    every_move,
    step_by_step,
)

__all__ = [
    "OURSELVES",
    "SOMEBODY",
    "Answer",
    "AnswerInstead",
    "Category",
    "Comment",
    "Drip",
    "Exchange",
    "Hang",
    "Issue",
    "Log",
    "LoseAnswer",
    "Meanwhile",
    "Person",
    "Project",
    "Refusal",
    "Request",
    "Site",
    "SpoilAnswer",
    "Transition",
    "Workflow",
    "every_move",
    "failing",
    "garbage",
    "running",
    "step_by_step",
]
