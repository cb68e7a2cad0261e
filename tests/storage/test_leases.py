"""One process at a time holds a lease, whatever becomes of the others."""

from datetime import UTC, datetime, timedelta

import pytest

from tracker.core.errors import HeldByAnother
from tracker.storage import leases
from tracker.storage.leases import Holder
from tracker.storage.session import Database

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TTL = timedelta(seconds=90)
ADA = Holder("ada", "pier-1", 4711, "boot pid:[1] 100")
GRACE = Holder("grace", "pier-2", 12)


def acquire(database: Database, holder: Holder, at: datetime = NOW, **how: object) -> str:
    return database.transact(
        lambda session: leases.acquire(session, "nightly", holder, at, TTL, **how)  # type: ignore[arg-type]
    )


def check(database: Database, token: str) -> None:
    with database.reading() as session:
        leases.check(session, "nightly", token)


def test_a_free_lease_is_taken_and_held(database):
    check(database, acquire(database, ADA))


def test_a_second_holder_is_refused_and_told_who_has_it_since_when_and_until_when(database):
    acquire(database, ADA)
    with pytest.raises(HeldByAnother) as refused:
        acquire(database, GRACE, NOW + TTL / 2)
    assert str(refused.value) == (
        "another nightly run is at work: ada holds it in process 4711 on pier-1 since 2026-03-02 09:30:00 UTC, "
        "until 2026-03-02 09:31:30 UTC if nothing more is heard of it"
    )


def test_two_leases_of_different_names_do_not_meet(database):
    acquire(database, ADA)
    database.transact(lambda session: leases.acquire(session, "sync", GRACE, NOW, TTL))


def test_the_same_process_does_not_hold_a_lease_twice(database):
    acquire(database, ADA)
    with pytest.raises(HeldByAnother):
        acquire(database, ADA)


def test_a_lease_that_ran_out_is_free(database):
    acquire(database, ADA)
    check(database, acquire(database, GRACE, NOW + TTL))


def test_a_lease_lasts_to_its_end(database):
    acquire(database, ADA)
    with pytest.raises(HeldByAnother):
        acquire(database, GRACE, NOW + TTL - timedelta(microseconds=1))


def test_whoever_slept_through_the_lease_has_lost_it(database):
    token = acquire(database, ADA)
    acquire(database, GRACE, NOW + TTL)
    with pytest.raises(HeldByAnother, match=r"grace holds it in process 12 on pier-2 .* it took over"):
        check(database, token)


def test_a_lost_lease_is_not_renewed(database):
    token = acquire(database, ADA)
    later = NOW + TTL
    successor = acquire(database, GRACE, later)
    with pytest.raises(HeldByAnother):
        database.transact(lambda session: leases.renew(session, "nightly", token, later, TTL))
    check(database, successor)


def test_whoever_slept_learns_it_also_when_the_successor_is_done(database):
    token = acquire(database, ADA)
    successor = acquire(database, GRACE, NOW + TTL)
    database.transact(lambda session: leases.release(session, "nightly", successor))
    with pytest.raises(HeldByAnother, match="another took over, and is done by now"):
        check(database, token)


def test_a_renewed_lease_lasts_longer(database):
    token = acquire(database, ADA)
    database.transact(lambda session: leases.renew(session, "nightly", token, NOW + TTL / 2, TTL))
    with pytest.raises(HeldByAnother):
        acquire(database, GRACE, NOW + TTL)


def test_a_lease_that_ran_out_unnoticed_by_anybody_goes_on(database):
    token = acquire(database, ADA)
    later = NOW + 10 * TTL
    database.transact(lambda session: leases.renew(session, "nightly", token, later, TTL))
    with pytest.raises(HeldByAnother):
        acquire(database, GRACE, later)


def test_a_released_lease_is_free_at_once(database):
    token = acquire(database, ADA)
    database.transact(lambda session: leases.release(session, "nightly", token))
    check(database, acquire(database, GRACE))


def test_a_lost_lease_is_not_released_from_its_new_holder(database):
    token = acquire(database, ADA)
    successor = acquire(database, GRACE, NOW + TTL)
    database.transact(lambda session: leases.release(session, "nightly", token))
    check(database, successor)


def test_a_holder_known_to_have_died_is_replaced_at_once(database):
    acquire(database, ADA)
    seen: list[Holder] = []

    def has_died(holder: Holder) -> bool:
        seen.append(holder)
        return True

    check(database, acquire(database, GRACE, has_died=has_died))
    assert seen == [ADA]
