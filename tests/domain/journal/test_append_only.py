"""The database itself keeps the journal and the evidence: plain SQL may add, not change and not remove."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

PAYLOAD = "INSERT INTO journal_payload (chain, position, salt, content) VALUES ('case:1', :position, '\\x00', '{}')"
ERASURE = """
INSERT INTO journal_entry (chain, position, at, event, data, hash)
VALUES ('system:erasure', 1, now(), 'journal.erased', '{"erased"\\: {"case\\:1"\\: [1, 7]}}', '\\x00')
"""


@pytest.mark.parametrize("statement", ["UPDATE journal_payload SET salt = '\\x01'", "TRUNCATE journal_payload"])
def test_a_payload_is_never_rewritten(session: Session, statement: str) -> None:
    session.execute(text(PAYLOAD), {"position": 1})
    session.execute(text(ERASURE))
    with pytest.raises(ProgrammingError, match="append-only"):
        session.execute(text(statement))


def test_what_names_a_person_is_erased_only_where_the_journal_says_so(session: Session) -> None:
    for position in (1, 2):
        session.execute(text(PAYLOAD), {"position": position})
    with pytest.raises(ProgrammingError, match="append-only"), session.begin_nested():
        session.execute(text("DELETE FROM journal_payload"))
    session.execute(text(ERASURE))
    with pytest.raises(ProgrammingError, match="that 2 of case:1 is erased"), session.begin_nested():
        session.execute(text("DELETE FROM journal_payload"))
    session.execute(text("DELETE FROM journal_payload WHERE position = 1"))
    assert session.scalars(text("SELECT position FROM journal_payload")).all() == [2]


@pytest.mark.parametrize("statement", ["UPDATE evidence SET at = now()", "DELETE FROM evidence", "TRUNCATE evidence"])
def test_evidence_is_append_only(session: Session, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"):
        session.execute(text(statement))
