"""Anchors bind the ends of all chains together, each anchor on the one before."""

import hashlib
import logging
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.journal import anchors, system
from app.domain.journal.digests import Tree
from app.domain.journal.records import JournalAnchorHead


def grown(session: Session, *subjects: str) -> None:
    for subject in subjects:
        system.note(session, "settings.changed", subject=subject)


def heads(session: Session, anchor: int) -> list[tuple[str, int]]:
    query = select(JournalAnchorHead).where(JournalAnchorHead.anchor == anchor).order_by(JournalAnchorHead.chain)
    return [(head.chain, head.position) for head in session.scalars(query)]


def test_an_anchor_holds_the_ends_of_the_chains_that_grew(session: Session) -> None:
    grown(session, "settings", "settings", "person:17")
    assert anchors.write(session) == 2
    grown(session, "settings", "export")
    assert anchors.write(session) == 2
    assert heads(session, 1) == [("system:person:17", 1), ("system:settings", 2)]
    assert heads(session, 2) == [("system:export", 1), ("system:settings", 3)]
    first, second = reversed(anchors.listed(session, 10))
    assert (first.previous, second.previous) == (None, first.hash)
    assert second.hash == anchors.anchor_hash(second)
    assert [entry.position for entry in anchors.listed(session, 10, before=2)] == [1]


def test_every_anchor_but_the_first_is_told_to_the_log(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    """The first one would be the only line between a fresh start and the address to open."""
    with caplog.at_level(logging.INFO):
        for _time in range(2):
            grown(session, "settings")
            anchors.write(session)
    [told] = [record.getMessage() for record in caplog.records if record.name == anchors.log.name]
    assert anchors.read_line(told).position == 2


def test_where_nothing_grew_there_is_no_anchor(session: Session) -> None:
    assert anchors.write(session) == 0
    grown(session, "settings")
    assert anchors.write(session) == 1
    # The line about an anchor is no reason for the next one.
    assert anchors.write(session) == 0
    assert list(anchors.remembered(session)) == [(1, anchors.line_of(anchors.listed(session, 1)[0]).hash.hex())]


def test_a_line_that_was_stored_late_is_anchored_all_the_same(database: Database) -> None:
    with Session(database.engine) as slow, database.transaction() as quick:
        grown(slow, "settings")
        grown(quick, "export")
        assert anchors.write(quick) == 1
        slow.commit()
    with database.transaction() as session:
        assert anchors.write(session) == 1
        assert heads(session, 2) == [("system:settings", 1)]


def test_what_was_looked_through_long_ago_is_not_read_again(session: Session) -> None:
    grown(session, "settings")
    anchors.write(session)
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(text("UPDATE journal_anchor SET stored_at = now() - interval '2 hours'"))
    session.execute(text("DELETE FROM journal_anchor_head"))
    grown(session, "export")
    assert anchors.write(session) == 1
    assert heads(session, 2) == [("system:export", 1)]


def test_the_line_of_an_anchor_can_be_read_again(session: Session) -> None:
    grown(session, "settings")
    anchors.write(session)
    line = anchors.line_of(anchors.listed(session, 1)[0])
    assert anchors.read_line(f"  {line}\n") == line
    assert str(line).startswith("stellwerk anchor 1 ")
    assert "\n" not in str(line)


@pytest.mark.parametrize(
    "given",
    [
        "",
        "stellwerk anchor",
        "stellwerk anchor 1 2026-03-06T08:30:00Z 4 00",
        f"other anchor 1 2026-03-06T08:30:00Z 4 {'00' * 32}",
        f"stellwerk anchor 1 2026-03-06T08:30:00 4 {'00' * 32}",
        f"stellwerk anchor one 2026-03-06T08:30:00Z 4 {'00' * 32}",
    ],
)
def test_another_line_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="not the line of an anchor"):
        anchors.read_line(given)


def test_moments_are_written_alike() -> None:
    assert anchors.stamp(datetime(2026, 3, 6, 8, 30, tzinfo=UTC)) == "2026-03-06T08:30:00.000000Z"


@pytest.mark.parametrize("table", ["journal_anchor", "journal_anchor_head"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET position = 7", "DELETE FROM {}", "TRUNCATE {}"])
def test_anchors_are_append_only(session: Session, table: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="append-only"):
        session.execute(text(statement.format(table)))


def test_a_tree_depends_on_every_leaf_and_their_order() -> None:
    def root(*leaves: tuple[str, int, bytes]) -> bytes:
        tree = Tree()
        for leaf in leaves:
            tree.add(*leaf)
        return tree.root()

    digests = [hashlib.sha256(bytes([n])).digest() for n in range(7)]
    leaves = [(f"case:{n}", n, digest) for n, digest in enumerate(digests)]
    roots = {root(*leaves[:n]) for n in range(8)}
    roots |= {root(*leaves[::-1]), root(*leaves[:6], ("case:6", 7, digests[6])), root(*leaves[:6], ("case:6", 6, b""))}
    assert len(roots) == 11
