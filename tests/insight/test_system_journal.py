"""Lines of the system are found among many others without reading those, and only payloads that are shown are read."""

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app.insight import system_journal
from app.insight.system_journal import Wanted

# One line in twenty is of the system, as in an organisation that is busy with cases.
MANY = """
    INSERT INTO journal_entry (chain, position, case_id, at, actor_id, event, data, payload_digest, hash)
    SELECT CASE WHEN n % 20 = 0 THEN 'system:person:' || n % 300 ELSE 'case:' || n / 40 END, n,
           CASE WHEN n % 20 > 0 THEN n / 40 END, now(), n % 7, 'thing.done', '{}', '', ''
    FROM generate_series(1, 20000) n
"""


@pytest.mark.parametrize(
    "wanted",
    [Wanted(), Wanted(subject="person:20"), Wanted(subject="role:"), Wanted(person_id=3), Wanted(event="thing.done")],
    ids=repr,
)
def test_the_plan_reads_what_is_shown(session: Session, wanted: Wanted) -> None:
    session.execute(text(MANY))
    session.execute(text("INSERT INTO journal_payload (chain, position, salt, content)"
                         " SELECT chain, position, '', '{}' FROM journal_entry"))  # fmt: skip
    session.execute(text("ANALYZE journal_entry, journal_payload"))
    sent: list[Any] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        sent.append((statement, values))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    found, _more = system_journal.lines(session, wanted, limit=50)
    event.remove(connection, "before_cursor_execute", note)
    [(statement, values)] = sent
    plan = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values).scalar_one()
    parts = list(_parts(plan[0]["Plan"]))
    assert [one for one in parts if one["Node Type"] == "Seq Scan" and one["Relation Name"] == "journal_entry"] == []
    read = [one["Actual Rows"] * one["Actual Loops"] for one in parts if one.get("Relation Name") == "journal_payload"]
    assert sum(read) <= 51 and bool(found) == (wanted.subject != "role:")


def _parts(node: Any) -> Any:
    yield node
    for part in node.get("Plans", ()):
        yield from _parts(part)
