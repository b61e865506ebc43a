"""What a token may be used for: which scope each endpoint needs, and how many calls a token may make.

The person's own rights count besides: a scope never gives more than they have.
"""

from collections import OrderedDict
from threading import Lock

from starlette.requests import Request

from app import clock
from app.domain.people.identity import Token
from app.domain.people.tokens import Scope
from app.errors import Forbidden, Message, TooMany
from app.web.api.routing import BASE

# Families of endpoints that tokens for daily work may call. Everything else is administration.
WORK = (
    "diagrams", "cases", "tasks", "messages", "records", "tags", "lists", "filters", "search", "exports", "imports",
    "batches", "files", "notifications", "waiting", "workload", "answers", "schedules", "calendar",
)  # fmt: skip
OWN = "account"
# Auditors read it, too, with a token that is good for nothing else.
JOURNAL = "journal"
# Tokens whose calls one process remembers; the one that was idle longest is forgotten first.
MOST_TOKENS = 10_000


def scope_of(method: str, path: str) -> Scope:
    """Return the scope that an endpoint needs; one that nobody has thought of needs the highest."""
    if path == "/metrics":
        return "metrics"
    family = path.removeprefix(f"{BASE}/").partition("/")[0]
    reads = method in ("GET", "HEAD")
    if family == JOURNAL and reads:
        return "journal.read"
    if family != OWN and family not in WORK:
        return "administration"
    if reads:
        return "read"
    return "account" if family == OWN else "work"


def refuse_beyond(request: Request, token: Token) -> None:
    """Refuse a call for which the token is not made.

    Raises:
        Forbidden: the token has not the scope.
    """
    needed = scope_of(request.method, request.url.path)
    if needed not in token.scopes:
        raise Forbidden(Message("This token may not be used for that: it lacks the scope “{scope}”.", scope=needed))


class Pace:
    """How many calls each token may make in a minute, counted by each web process for itself.

    A bucket that fills evenly and is full at the beginning: short bursts are fine, a loop without an end is not.
    """

    def __init__(self, per_minute: int) -> None:
        """`per_minute` calls are allowed; 0 allows any number."""
        self._most = per_minute
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()
        self._turn = Lock()

    def count(self, token_id: int) -> None:
        """Count one call.

        Raises:
            TooMany: the bucket is empty; says after how many seconds it is not.
        """
        if not self._most:
            return
        now, each = clock.now().timestamp(), self._most / 60
        with self._turn:
            left, at = self._left.pop(token_id, (float(self._most), now))
            left = min(self._most, left + max(0.0, now - at) * each)
            self._left[token_id] = (max(left - 1, 0.0) if left >= 1 else left, now)
            if len(self._left) > MOST_TOKENS:
                self._left.popitem(last=False)
        if left < 1:
            raise TooMany(
                Message("This token has made too many calls; wait a little."), seconds=int((1 - left) / each) + 1
            )
