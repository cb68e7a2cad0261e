"""A lease is held for as long as the work lasts, and by nobody who is dead."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import Session

from tests.cli.front_door import ROOT
from tests.conftest import SettableClock
from tracker.bootstrap import system_clock
from tracker.core.errors import HeldByAnother
from tracker.storage.leases import Holder
from tracker.storage.session import Database
from tracker.storage.tables import Lease
from tracker.workflows.context import Context
from tracker.workflows.leases import Held, has_died, holding, this_process

TTL = timedelta(seconds=90)
BRIEF = timedelta(milliseconds=300)

HOLDER = """
import sys, time
from datetime import timedelta
from tracker.bootstrap import system_clock
from tracker.storage.session import Database
from tracker.workflows.context import Context
from tracker.workflows.leases import holding
with holding(Context(Database(sys.argv[1]), system_clock, "ada"), "nightly", timedelta(hours=1)):
    print("held", flush=True)
    time.sleep(60)
"""


def lease(database: Database) -> Lease | None:
    with database.reading() as session:
        return session.get(Lease, "nightly")


def wait_until(something_is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not something_is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


def check(context: Context, held: Held) -> None:
    context.database.transact(held.check)


def test_two_at_once_are_not_possible(context: Context, acting: Callable[[str], Context]):
    with (
        holding(context, "nightly", TTL),
        pytest.raises(HeldByAnother, match="grace holds it"),
        holding(acting("ada"), "nightly", TTL),
    ):
        raise AssertionError("never begun")


def test_the_lease_is_free_when_the_work_is_done(context: Context):
    with holding(context, "nightly", TTL) as held:
        check(context, held)
    assert lease(context.database) is None


def test_the_lease_is_free_when_the_work_failed(context: Context):
    with pytest.raises(ValueError, match="of the work"), holding(context, "nightly", TTL):
        raise ValueError("of the work")
    assert lease(context.database) is None


def test_the_lease_is_renewed_while_the_work_lasts(context: Context, clock: SettableClock):
    with holding(context, "nightly", BRIEF):
        clock.advance(timedelta(hours=1))
        wait_until(lambda: lease(context.database).expires_at == clock.now + BRIEF)  # type: ignore[union-attr]


def test_a_busy_database_delays_a_renewal_and_no_more(context: Context, clock: SettableClock):
    def long_work(session: Session) -> None:
        session.add(
            Lease(name="x", token="", actor="x", host="", pid=1, acquired_at=clock.now, expires_at=clock.now)
        )
        session.flush()
        time.sleep(3 * BRIEF.total_seconds())

    with holding(context, "nightly", BRIEF) as held:
        context.database.transact(long_work)
        clock.advance(timedelta(hours=1))
        wait_until(lambda: lease(context.database).expires_at == clock.now + BRIEF)  # type: ignore[union-attr]
        check(context, held)


def test_whoever_was_paused_for_too_long_commits_nothing_more(
    context: Context, acting: Callable[[str], Context], clock: SettableClock
):
    with holding(context, "nightly", TTL) as held:
        clock.advance(TTL)
        with holding(acting("ada"), "nightly", TTL), pytest.raises(HeldByAnother, match="ada holds it"):
            check(context, held)
        with pytest.raises(HeldByAnother, match="is done by now"):
            check(context, held)


def test_a_lease_that_was_lost_stays_with_its_new_holder(
    context: Context, acting: Callable[[str], Context], clock: SettableClock
):
    first = holding(context, "nightly", TTL)
    first.__enter__()
    clock.advance(TTL)
    with holding(acting("ada"), "nightly", TTL) as held:
        first.__exit__(None, None, None)
        check(context, held)


def test_a_killed_holder_is_replaced_at_once_on_the_same_machine(database: Database, database_url: str):
    context = Context(database, system_clock, "grace")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, database_url], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with (
            pytest.raises(HeldByAnother, match=f"ada holds it in process {process.pid} "),
            holding(context, "nightly", TTL),
        ):
            raise AssertionError("never begun")
        process.kill()
    with holding(context, "nightly", TTL) as held:
        check(context, held)


def test_a_process_that_runs_has_not_died():
    assert not has_died(this_process("ada"))


def test_a_process_is_dead_although_another_has_its_number_now():
    me = this_process("ada")
    place, _, began = (
        me.process or pytest.skip("this system does not tell when a process began")
    ).rpartition(" ")
    assert has_died(Holder(me.actor, me.host, me.pid, f"{place} {int(began) - 1}"))


@pytest.mark.parametrize("process", [None, "another-boot pid:[1] 4711"])
def test_of_a_process_elsewhere_nothing_is_known(process: str | None):
    with subprocess.Popen(["true"]) as dead:
        pass
    assert not has_died(Holder("ada", this_process("ada").host, dead.pid, process))


def test_a_process_that_nobody_has_buried_yet_is_dead():
    child = subprocess.Popen(["true"])
    try:
        me = this_process("ada")
        place, _, began = (
            me.process or pytest.skip("this system does not tell when a process began")
        ).rpartition(" ")
        holder = Holder("ada", me.host, child.pid, f"{place} {int(began) + 1}")
        wait_until(lambda: has_died(holder))
    finally:
        child.wait()
