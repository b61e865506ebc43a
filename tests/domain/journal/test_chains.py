"""The journal is a chain: whatever is changed, removed or added later shows."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database.journal_entry import Entry
from app.domain.journal.chains import Journal, line_hash

AT = datetime(2026, 3, 6, 8, 30, 0, 123456, tzinfo=UTC)
journal = Journal()


def entry(event: str, **data: object) -> Entry:
    return Entry(event, AT, 1, "classify", dict(data), {"name": "Chiara Ricci"}, 17, 42)


@pytest.fixture
def head(session: Session) -> bytes:
    """A chain of four lines, written in two rounds."""
    head, length = journal.write(session, "case:17", None, 0, [entry("case.started"), entry("task.opened", n=1)])
    head, length = journal.write(session, "case:17", head, length, [entry("task.claimed"), entry("task.completed")])
    assert length == 4
    assert head is not None
    # Somebody with all rights on the database does not ask the trigger.
    session.execute(text("SET LOCAL session_replication_role = replica"))
    return head


def test_an_untouched_chain_is_sound(session: Session, head: bytes) -> None:
    verdict = journal.verify(session, "case:17", head=head)
    assert (verdict.sound, verdict.length, verdict.erased) == (True, 4, 0)


def test_nothing_to_write_changes_nothing(session: Session, head: bytes) -> None:
    assert journal.write(session, "case:17", head, 4, []) == (head, 4)


@pytest.mark.parametrize(
    ("tampering", "position", "reason"),
    [
        ("UPDATE journal_entry SET actor_id = 2 WHERE position = 2", 2, "changed"),
        ("UPDATE journal_entry SET data = '{\"n\": 2}' WHERE position = 2", 2, "changed"),
        ("UPDATE journal_entry SET at = at + interval '1 microsecond' WHERE position = 3", 3, "changed"),
        ('UPDATE journal_payload SET content = \'{"name": "Ben Osei"}\' WHERE position = 3', 3, "payload"),
        ("DELETE FROM journal_entry WHERE position = 2", 2, "missing"),
        ("DELETE FROM journal_entry WHERE position = 4", 4, "end"),
        ("UPDATE journal_entry SET previous = '\\x00' WHERE position = 4", 4, "follow"),
    ],
)
def test_tampering_shows_where_it_happened(
    session: Session, head: bytes, tampering: str, position: int, reason: str
) -> None:
    session.execute(text(tampering.replace(":", "\\:")))
    verdict = journal.verify(session, "case:17", head=head)
    assert not verdict.sound
    assert verdict.position == position
    assert reason in verdict.reason


def test_a_line_that_was_rewritten_with_its_hash_betrays_itself_in_the_next(session: Session, head: bytes) -> None:
    first = session.scalar(text("SELECT hash FROM journal_entry WHERE position = 1"))
    forged = {"position": 2, "case_id": 17, "record_id": 42, "at": AT.isoformat(timespec="microseconds"),
              "actor_id": 2, "event": "task.opened", "element": "classify", "data": {}}  # fmt: skip
    values = {"hash": line_hash("case:17", forged, first)}
    session.execute(text("DELETE FROM journal_payload WHERE position = 2"))
    session.execute(
        text(
            "UPDATE journal_entry SET actor_id = 2, data = '{}', payload_digest = NULL, hash = :hash WHERE position = 2"
        ),
        values,
    )
    session.execute(text("UPDATE journal_entry SET previous = :hash WHERE position = 3"), values)
    verdict = journal.verify(session, "case:17", head=head)
    assert (verdict.sound, verdict.position) == (False, 3)


def test_erased_personal_data_leave_the_chain_sound(session: Session, head: bytes) -> None:
    session.execute(text("DELETE FROM journal_payload WHERE position IN (1, 3)"))
    verdict = journal.verify(session, "case:17", head=head)
    assert (verdict.sound, verdict.erased) == (True, 2)


def test_equal_contents_have_different_digests(session: Session, head: bytes) -> None:
    digests = session.scalars(text("SELECT payload_digest FROM journal_entry")).all()
    assert len({bytes(digest) for digest in digests}) == 4


def test_the_database_refuses_to_change_or_delete_lines(session: Session) -> None:
    journal.write(session, "case:17", None, 0, [entry("case.started")])
    for statement in ("UPDATE journal_entry SET actor_id = 2", "DELETE FROM journal_entry", "TRUNCATE journal_entry"):
        with pytest.raises(Exception, match="append-only"), session.begin_nested():
            session.execute(text(statement))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(st.text(max_size=10), json_values, max_size=4))
def test_whatever_is_written_can_be_checked_after_reading(session: Session, data: dict) -> None:
    with session.begin_nested() as savepoint:
        line = Entry("any", AT, None, None, data, data)
        head, length = journal.write(session, "record:1", None, 0, [line])
        assert journal.verify(session, "record:1", head=head).sound
        assert length == 1
        savepoint.rollback()
        session.expunge_all()
