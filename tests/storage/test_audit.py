"""Every change can be read again, with its actor."""

from datetime import timedelta

from tracker.storage import audit
from tracker.storage.tables import Person, Team


def test_the_history_of_a_row_is_told_in_order(database, clock):
    person, team = Person(name="Ada", created_at=clock()), Team(name="payments", created_at=clock())

    def work(session):
        session.add_all([person, team])
        audit.record(
            session, at=clock(), actor="grace", action="create", subject=person, detail={"name": "Ada"}
        )
        audit.record(session, at=clock(), actor="grace", action="create", subject=team, detail={})
        clock.advance(timedelta(days=1))
        audit.record(
            session, at=clock(), actor="alan", action="rename", subject=person, detail={"from": "A."}
        )

    database.transact(work)
    with database.reading() as session:
        history = audit.history(session, "person", person.id)
    assert [(entry.actor, entry.action, entry.detail) for entry in history] == [
        ("grace", "create", {"name": "Ada"}),
        ("alan", "rename", {"from": "A."}),
    ]
    assert history[1].at == clock()
