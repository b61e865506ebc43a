"""Files that were sent with a form or over the API and became part of nothing are removed after a while."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sqlalchemy import Select, Text, cast, delete, func, select, true, union_all, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import REMOVED
from app.domain.records.records import LOOSE, Record, StoredFile
from app.engine.records import Case, Message, Stimulus, Task
from app.engine.serializer import text_of
from app.jobs.records import carried

# So many are looked at in one turn, and so many states of cases are read at a time.
AT_ONCE = 100
STATES = 200


def remove(session: Session, *, days: int) -> int:
    """Remove loose files that nothing has named for so many days; returns how many.

    Whoever answers a form or writes a comment with one at this moment comes first, or waits and is told that it is
    gone. Those that something names are looked at again after as many days.

    Args:
        days: 0 removes none, ever.
    """
    if not days:
        return 0
    now, since = clock.now(), func.coalesce(StoredFile.looked_at, StoredFile.at)
    old = select(StoredFile.id).where(LOOSE, since < now - timedelta(days=days)).order_by(since, StoredFile.id)
    ids = list(session.scalars(old.limit(AT_ONCE).with_for_update(**REMOVED)))
    if not ids:
        return 0
    named = _named(session, ids)
    quietly = {"synchronize_session": False}
    session.execute(
        update(StoredFile).where(StoredFile.id.in_(sorted(named))).values(looked_at=now), execution_options=quietly
    )
    gone = delete(StoredFile).where(StoredFile.id.in_(sorted({*ids} - named))).returning(StoredFile.id)
    return len(session.scalars(gone, execution_options=quietly).all())


def _named(session: Session, ids: Iterable[int]) -> set[int]:
    """Return those of the files that anything names which may yet become an answer, or is one.

    An id stands there as a text; that of a person or record may be the same, and then a file stays longer than it must.
    """
    pattern = re.compile(f'"({"|".join(str(one) for one in ids)})"')
    places = union_all(*_places(pattern.pattern)).subquery()
    found = {int(one) for one in session.scalars(select(places.c.named).distinct())}
    if found.issuperset(ids):
        return found
    # A message brings what it likes into the data of a case, and whoever mends one writes there.
    states = select(Case.state).where(Case.status.in_(("running", "stuck"))).execution_options(yield_per=STATES)
    for state in session.scalars(states):
        found.update(int(one) for one in pattern.findall(text_of(state)))
    return found


def _places(pattern: str) -> Iterator[Select[tuple[str]]]:
    """Yield the ids that drafts, values of records, and what is kept for cases or on its way to them name."""
    for column, kept in (
        (Task.draft, Task.status == "open"),
        (Record.custom, Record.custom != {}),
        (Stimulus.data, Stimulus.retried_at.is_(None)),
        (Message.payload, Message.status == "waiting"),
        (carried.c.args, true()),
    ):
        found = func.regexp_matches(cast(column, Text), pattern, "g", type_=ARRAY(Text))
        yield select(found[1].label("named")).where(kept)
