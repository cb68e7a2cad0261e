"""Every error that this product raises on purpose.

    ElsewhereError
    ├─ InvalidInput             somebody's words or file are not what they must be; nothing was changed
    │  ├─ InvalidDocument       a postmortem cannot be read
    │  ├─ InvalidCatalog        a catalog file is wrong
    │  └─ InvalidPattern        a pattern is wrong
    ├─ NotFound                 no such thing
    ├─ AlreadyExists            the name is taken
    ├─ InvalidMove              the state does not allow it
    ├─ NotPermitted             this actor may not do that
    ├─ ChangedMeanwhile         somebody else changed it first
    │  └─ VersionChanged        it is no longer the version that the change was made for
    ├─ HeldByAnother            another process is doing it just now
    ├─ DatabaseNotReady         the database is absent, older or newer than this program
    └─ ConnectorError           another system
       ├─ TryAgainLater         transient, nothing was done
       ├─ OutcomeUnknown        the answer was lost: it may have been done
       └─ GiveUp                terminal, until a person acts

A message says what is wrong, where, and what a person can do. The class says how the faces answer
(exit code, HTTP status); ``tracker.cli`` and ``tracker.api`` each hold that mapping.
"""


class ElsewhereError(Exception):
    """Something went wrong that a person can understand."""


class InvalidInput(ElsewhereError):
    """Input was refused; nothing was changed.

    ``place`` is where in the input: ``file:line``, a JSON pointer, or an option's name. It leads the message.
    """

    def __init__(self, problem: str, place: str | None = None) -> None:
        super().__init__(f"{place}: {problem}" if place else problem)
        self.problem = problem
        self.place = place


class InvalidDocument(InvalidInput):
    """A postmortem cannot be read."""


class InvalidCatalog(InvalidInput):
    """A catalog file is wrong."""


class InvalidPattern(InvalidInput):
    """A pattern is wrong."""


class NotFound(ElsewhereError):
    """There is no such thing."""


class AlreadyExists(ElsewhereError):
    """The name is taken."""


class InvalidMove(ElsewhereError):
    """The state that a thing is in does not allow this change."""


class ChangedMeanwhile(ElsewhereError):
    """Somebody else changed the same thing first; look at it again and repeat the change."""


class VersionChanged(ChangedMeanwhile):
    """The thing is no longer in the version that the change was made for."""


class NotPermitted(ElsewhereError):
    """The actor may not do that."""


class HeldByAnother(ElsewhereError):
    """Another process does this at the moment, and two at once would be in each other's way."""


class DatabaseNotReady(ElsewhereError):
    """The database is absent, or its schema is not the one that this program needs."""


class ConnectorError(ElsewhereError):
    """Another system did not do what was asked."""


class TryAgainLater(ConnectorError):
    """A passing fault: the same request may succeed later.

    ``after`` is the number of seconds that the other system asked us to wait, if it did.
    """

    def __init__(self, problem: str, after: float | None = None) -> None:
        super().__init__(problem)
        self.after = after


class OutcomeUnknown(ConnectorError):
    """The answer to a change was lost: it may have been made, so look before repeating it."""


class GiveUp(ConnectorError):
    """A lasting fault: repeating the request will not help before a person acts."""
