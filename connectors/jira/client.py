"""Speaks HTTP with a Jira site, through the session of the `jira` package; nothing else here does.

The package's own handling of errors is kept out of the way: it repeats requests that make issues, trips over some
answers, and prints headers and bodies. What comes out of here is JSON, `Rejected`, or one of the connector errors.
"""

import base64
import errno
import io
import json
import math
import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth

from connectors.jira.mapping import harmless
from connectors.jira.settings import PREFIX, JiraSettings
from tracker.core.errors import GiveUp, OutcomeUnknown, TryAgainLater

if TYPE_CHECKING:
    from jira import JIRA

CONNECT_TIMEOUT = 10.0
"""Seconds for a connection to be made; a site that is up needs less than one."""

SILENCES = 3
"""How many times the timeout an answer may take altogether, if it comes drop by drop."""

LARGEST_ANSWER = 64 * 2**20
"""Bytes; a page of a hundred issues with the longest descriptions has a tenth of it."""

TRIES = 6
"""How often a request is made at most."""

BRIEFLY = 5.0
"""Seconds that a change may wait here; after more, whoever asks for it has to look at what it would change by now."""

AFTER_CONFLICTS = (0.5, 1.0)
"""Seconds to wait after each answer that somebody else changes the same thing; the next such answer stands."""

LONGEST_WAIT = 86_400.0
"""Seconds; nobody means a longer one."""

TOKENS = "https://id.atlassian.com/manage-profile/security/api-tokens"

_EPOCH = 1_000_000_000.0  # more seconds than this are a time, not a while


class Rejected(Exception):
    """The site understood a request and refused it.

    ``fields`` has its reasons by the name of the field they are about, ``words`` all of them, made harmless; ``body``
    is the whole answer.
    """

    def __init__(self, status: int, words: str, fields: Mapping[str, str], body: Any) -> None:
        super().__init__(words)
        self.status = status
        self.words = words
        self.fields = fields
        self.body = body


class _PassingFault(Exception):
    """There is no answer to go by. ``after`` is how long the site asked to wait, if it did."""

    def __init__(self, problem: str, *, may_be_done: bool, after: float | None = None) -> None:
        super().__init__(problem)
        self.may_be_done = may_be_done
        self.after = after


class JiraClient:
    """One account's connection to a site. It costs nothing until the first request, which loads the `jira` package."""

    def __init__(self, settings: JiraSettings, pause: Callable[[float], None] = time.sleep) -> None:
        self._settings = settings
        self._pause = pause
        self._jira: JIRA | None = None
        self._waited = 0.0

    def get(self, path: str, **parameters: str) -> Any:
        """Return what the site answers."""
        return self._ask("GET", path, None, parameters, changes=False)

    def look_up(self, path: str, body: Mapping[str, Any]) -> Any:
        """Return what the site answers to a question that is too long for an address. It changes nothing."""
        return self._ask("POST", path, body, {}, changes=False)

    def change(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Ask for a change, and again soon if somebody else changes the same thing.

        Raises `OutcomeUnknown` when the answer was lost; it is never asked for twice then.
        """
        for pause in AFTER_CONFLICTS:
            try:
                return self._ask(method, path, body, {}, changes=True)
            except Rejected as rejected:
                if rejected.status != 409 or not self._rest(pause * random.uniform(1, 1.5)):  # noqa: S311
                    raise
        return self._ask(method, path, body, {}, changes=True)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._jira is not None:
            self._jira.close()  # type: ignore[no-untyped-call]
            self._jira = None
        self._waited = 0.0

    def masked(self, text: str) -> str:
        """Return another system's words, short, without control characters, and without our token."""
        user, token = self._settings.user, self._settings.token
        for secret in (token, base64.b64encode(f"{user}:{token}".encode()).decode()):
            text = text.replace(secret, "***")
        return harmless(text)

    def _ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        parameters: Mapping[str, str],
        *,
        changes: bool,
    ) -> Any:
        """Repeat a request as long as that is safe, promises something, and does not take too long."""
        spent = 0.0
        patience = min(BRIEFLY, self._settings.wait) if changes else self._settings.wait
        for tried in range(1, TRIES + 1):
            begun = time.monotonic()
            try:
                return self._settled(self._once(method, path, body, parameters))
            except _PassingFault as fault:
                problem = f"{self._settings.url}: {fault}"
                if fault.may_be_done and changes:
                    raise OutcomeUnknown(f"{problem}, so nobody knows whether the change was made") from None
                wait = _wait(fault.after, tried)
                spent += time.monotonic() - begun + wait
                if tried == TRIES or spent > patience or not self._rest(wait):
                    raise TryAgainLater(f"{problem}; nothing was changed", fault.after) from None
        raise AssertionError  # the last try returns or raises

    def _rest(self, seconds: float) -> bool:
        """Wait, and tell whether there was time for it."""
        if self._waited + seconds > self._settings.wait_total:
            return False
        self._waited += seconds
        self._pause(seconds)
        return True

    def _once(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        parameters: Mapping[str, str],
    ) -> requests.Response:
        """Make a request once and return the answer, whatever its status."""
        url = f"{self._settings.url}/rest/api/2/{path}"
        data = None if body is None else json.dumps(body)
        try:
            return self._session().request(method, url, params=parameters, data=data)
        except _BadStatus as answer:
            return answer.response
        except requests.exceptions.InvalidURL:
            raise GiveUp(f"{PREFIX}URL: {self._settings.url} is not the address of a server") from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise _PassingFault(f"it cannot be reached ({_cause(error)})", may_be_done=False) from None
        except requests.exceptions.ConnectionError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise GiveUp(
                    f"{self._settings.url}: its certificate is not trusted here ({_cause(error)}); REQUESTS_CA_BUNDLE may "
                    "name a file of the certificates to trust"
                ) from None
            if _never_connected(error):
                raise _PassingFault(f"it cannot be reached ({_cause(error)})", may_be_done=False) from None
            raise _PassingFault("the connection broke before it answered", may_be_done=True) from None
        except requests.exceptions.Timeout:
            raise _PassingFault("it did not answer in time", may_be_done=True) from None
        except requests.exceptions.RequestException:
            raise _PassingFault("its answer broke off", may_be_done=True) from None
        except OSError as error:  # before anything is sent, such as certificates that are named and not there
            raise GiveUp(f"{self._settings.url}: it cannot be asked: {self.masked(str(error))}") from None

    def _settled(self, answer: requests.Response) -> Any:
        """Return what an answer says. Raises `_PassingFault` if it says nothing yet."""
        status, site = answer.status_code, self._settings.url
        after = _seconds_asked(answer)
        if status == 429:
            raise _PassingFault("it is asked too much (429)", may_be_done=False, after=after)
        if status == 503 and after is not None:
            raise _PassingFault("it is out of service for now (503)", may_be_done=False, after=after)
        if status >= 500 or status == 408:
            raise _PassingFault(f"it failed to answer ({status})", may_be_done=True)
        if 300 <= status < 400:
            target = urlsplit(answer.headers.get("Location", "")).netloc.rpartition("@")[2]
            where = f" to {self.masked(target)}" if target else ""
            raise GiveUp(
                f"{site}: it sends its visitors on{where}; {PREFIX}URL must be the address of the site itself"
            )
        if status == 401 or "AUTHENTICATION_DENIED" in answer.headers.get("X-Seraph-LoginReason", ""):
            raise GiveUp(
                f"{site}: it does not accept the token of {self._settings.user}, which may have expired; "
                f"make a new one at {TOKENS} and set {PREFIX}TOKEN"
            )
        body = self._decoded(answer)
        if status >= 400:
            raise Rejected(status, *self.reasons(body), body)
        return body

    def _decoded(self, answer: requests.Response) -> Any:
        if not answer.content:
            return None
        try:
            return json.loads(answer.content)
        except (ValueError, RecursionError):
            pass
        if answer.status_code >= 400:
            return None
        if "json" in answer.headers.get("Content-Type", ""):
            raise _PassingFault("its answer is broken JSON", may_be_done=True)
        if answer.request.method == "GET":
            raise GiveUp(
                f"{self._settings.url}: what answers there is not Jira; look at {PREFIX}URL, and for a proxy"
            )
        raise _PassingFault("its answer is not JSON", may_be_done=True)

    def reasons(self, body: Any) -> tuple[str, dict[str, str]]:
        """Return Jira's reasons for refusing, as one text and by field, from where they stand in an answer."""
        if not isinstance(body, dict):
            return "it gave no reason", {}
        messages, errors = body.get("errorMessages"), body.get("errors")
        fields = errors if isinstance(errors, dict) else {}
        by_field = {self.masked(name): self.masked(str(reason)) for name, reason in fields.items()}
        general = [str(message) for message in messages] if isinstance(messages, list) else []
        general += [body[name] for name in ("message", "errorMessage") if isinstance(body.get(name), str)]
        words = "; ".join([*general, *(f"{name}: {reason}" for name, reason in by_field.items())])
        return self.masked(words) or "it gave no reason", by_field

    def _session(self) -> requests.Session:
        if self._jira is None:
            from jira import JIRA  # noqa: PLC0415 - it takes half a second to load

            timeout = self._settings.timeout
            self._jira = JIRA(
                self._settings.url,
                # Otherwise it asks the server while it is made, and makes issues twice when a connection breaks.
                get_server_info=False,
                max_retries=0,
                timeout=(min(CONNECT_TIMEOUT, timeout), timeout),
                logging=False,
            )
            session = self._jira._session  # noqa: SLF001 - the package offers bulk, properties and limits only there
            # As bytes, or letters beyond Latin 1 would fail. Not to the package, which would keep them in its options.
            session.auth = HTTPBasicAuth(self._settings.user.encode(), self._settings.token.encode())
            for scheme in ("https://", "http://"):
                session.mount(scheme, _Careful(timeout * SILENCES))
        return self._jira._session  # noqa: SLF001


class _BadStatus(Exception):
    """An answer that is no success, on its way past the package."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Careful(HTTPAdapter):
    """Bounds each answer in time and size, and takes those that are no success past the package, redirects too."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **options)
        kind: Any = pool.ConnectionCls
        if not issubclass(kind, _Prompt):
            answers = staticmethod(partial(_BoundedAnswer, seconds=self._seconds))
            pool.ConnectionCls = type("Connection", (_Prompt, kind), {"response_class": answers})
        return pool

    def build_response(self, req: requests.PreparedRequest, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        if response.status_code >= 300:
            _ = response.content  # read it while the connection is there
            raise _BadStatus(response)
        return response


class _Prompt:
    """Marks the connections whose answers are bounded."""


class _BoundedAnswer(HTTPResponse):
    """An answer whose every byte, the headers' too, comes before a certain time.

    A timeout of sockets bounds each silence only: a site that sends a byte now and then would hold us for ever.
    """

    def __init__(self, sock: Any, *args: Any, seconds: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_BoundedStream(self.fp.detach(), seconds))


class _BoundedStream(io.RawIOBase):
    """What a socket says, within a time and a size."""

    def __init__(self, socket: io.RawIOBase, seconds: float) -> None:
        super().__init__()
        self._socket = socket
        self._end = time.monotonic() + seconds
        self._left = LARGEST_ANSWER

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._end:
            raise TimeoutError
        size = self._socket.readinto(buffer)
        self._left -= size or 0
        if self._left < 0:
            raise OSError(errno.EFBIG, "the answer is too large")
        return cast("int | None", size)

    def close(self) -> None:
        self._socket.close()
        super().close()


def _wait(asked: float | None, tried: int) -> float:
    """Return how long to wait: never less than asked, and not all clients at the same time."""
    if asked is None:
        return min(2.0**tried, 30) * random.uniform(0.5, 1)  # noqa: S311 - spreads load, keeps no secret
    return max(asked, 0.5) * random.uniform(1, 1.1)  # noqa: S311


def _seconds_asked(answer: requests.Response) -> float | None:
    """Return how many seconds the site asks to wait, in whatever way it says so; ``None`` if it does not.

    A time of day is measured from the time that the same answer bears.
    """
    names = ("Retry-After", "X-RateLimit-Reset") if answer.status_code == 429 else ("Retry-After",)
    for said in filter(None, map(answer.headers.get, names)):
        try:
            seconds = float(said)
        except ValueError:
            seconds = _since_epoch(said)
        if seconds > _EPOCH:
            seconds -= _since_epoch(answer.headers.get("Date", ""))
        if math.isfinite(seconds):
            return min(max(seconds, 0.0), LONGEST_WAIT)
    return None


def _since_epoch(text: str) -> float:
    """Return the seconds of a time as HTTP or ISO 8601 writes it, or not a number."""
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            time = read(text)
            return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError, TypeError):
            continue
    return math.nan


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    """Tell whether a request was not sent at all; only then may a change be repeated."""
    return type(_reason(error)).__name__ in {
        "NewConnectionError",
        "NameResolutionError",
        "ConnectTimeoutError",
    }


def _cause(error: Exception) -> str:
    """Return the innermost reason for a failed connection, without addresses of objects."""
    reason = _reason(error)
    return " ".join(str(reason).rpartition(": ")[2].split()) or type(reason).__name__


def _reason(error: Exception) -> BaseException:
    inner = error.args[0] if error.args else error
    reason = getattr(inner, "reason", inner)
    return reason if isinstance(reason, BaseException) else error
