"""What every workflow is handed: where things are kept, what time it is, and who asks."""

from dataclasses import dataclass
from datetime import datetime

from tracker.core.ports import Clock
from tracker.storage.session import Database


@dataclass(frozen=True)
class Context:
    """The database, the clock, and the actor on whose behalf changes are made (they go into the audit trail)."""

    database: Database
    clock: Clock
    actor: str
    sees_confidential: bool = True
    """Whether confidential postmortems, and what came out of them, exist for this actor. They do for whoever holds the database."""

    @property
    def now(self) -> datetime:
        """The present time, aware and in UTC."""
        return self.clock()
