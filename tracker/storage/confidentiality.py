"""Confidentiality: the conditions under which a thing exists for those who do not see what is confidential.

They are added to queries, so that what does not exist for somebody is neither found nor listed nor counted.
"""

from functools import cache

from sqlalchemy import ColumnElement
from sqlmodel import col, select

from tracker.storage.tables import ActionItem, ActionItemOrigin, Learning, Postmortem


@cache  # made once: to make it for each query takes longer than to run it
def open_postmortem() -> ColumnElement[bool]:
    """Return the condition for postmortems: nobody made it confidential."""
    return col(Postmortem.confidential).is_(False)


@cache  # made once: to make it for each query takes longer than to run it
def open_item() -> ColumnElement[bool]:
    """Return the condition for items: no confidential postmortem asks for it, or ever did.

    One that an open postmortem asks for as well stays hidden: which of the two its words came from is not recorded.
    """
    return ~(
        select(ActionItemOrigin.id)
        .join(Postmortem, col(Postmortem.id) == col(ActionItemOrigin.postmortem_id))
        .where(ActionItemOrigin.action_item_id == ActionItem.id, col(Postmortem.confidential).is_(True))
        .correlate(ActionItem)
        .exists()
    )


@cache  # made once: to make it for each query takes longer than to run it
def open_learning() -> ColumnElement[bool]:
    """Return the condition for learnings, which are as open as their postmortem."""
    return (
        select(Postmortem.id)
        .where(Postmortem.id == Learning.postmortem_id, open_postmortem())
        .correlate(Learning)
        .exists()
    )
