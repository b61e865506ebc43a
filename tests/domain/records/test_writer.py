"""Records are created with a number, written by attribute name, and remember what they were before."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.incidents.records import Incident
from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, NotFound

MORNING = datetime(2026, 3, 6, 8, 30, tzinfo=UTC)


def write(records: Records, session: Session, record_id: int, actor: Person | None = None, **values: object) -> None:
    records.write(
        session, "incident", record_id, values,
        actor_id=actor.id if actor else None, case_id=17, element="classify",
    )  # fmt: skip


def create(records: Records, session: Session, **values: object) -> tuple[int, str]:
    return records.create(
        session, "incident", title="Storage down", requester_id=None, owner_id=None, values=dict(values),
        actor_id=None, case_id=None, element="start",
    )  # fmt: skip


def test_a_new_record_gets_a_number_with_the_year_of_the_clock(session: Session, records: Records) -> None:
    with clock.at(MORNING):
        assert create(records, session)[1] == "INC-2026-0001"
        clock.advance(timedelta(days=365))
        record_id, number = create(records, session)
    assert number == "INC-2027-0002"
    assert records.read(session, "incident", record_id)["opened_at"] == "2027-03-06T08:30:00+00:00"


def test_numbers_grow_beyond_four_digits(session: Session, records: Records) -> None:
    session.execute(select(func.setval("record_number_inc_seq", 12345)))
    assert create(records, session)[1].endswith("-12346")


def test_attributes_go_to_columns_and_everything_else_to_custom(
    session: Session, records: Records, make, anna: Person, chiara: Person, team
) -> None:
    service, network = make("service", "Research storage"), team("network")
    record_id, _ = create(
        records, session, impact="team", requester=str(chiara.id), service=service, team=network.id,
        major="yes", room="B 2.14", devices=[{"name": "switch"}],
    )  # fmt: skip
    incident = session.get_one(Incident, record_id)
    assert (incident.impact, incident.requester_id, incident.major) == ("team", chiara.id, True)
    assert incident.custom == {"room": "B 2.14", "devices": [{"name": "switch"}]}
    read = records.read(session, "incident", record_id)
    assert read["requester"] == str(chiara.id)
    assert read["team"] == str(network.id)
    assert (read["service"], read["room"], read["area"]) == (str(service), "B 2.14", "incidents")
    assert (read["level"], read["reopened"], read["status"]) == (1, 0, "open")


def test_what_a_form_says_counts_more_than_who_started(
    session: Session, records: Records, anna: Person, chiara: Person
) -> None:
    for value, expected in ((chiara.id, chiara.id), (None, None)):
        record_id, _ = records.create(
            session, "incident", title="", requester_id=anna.id, owner_id=None,
            values={"title": "No network", "requester": value}, actor_id=anna.id, case_id=None, element="start",
        )  # fmt: skip
        assert session.get_one(Incident, record_id).requester_id == expected


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("title", " ", "fill this in"),
        ("title", "x" * 301, "at most 300"),
        ("description", "x" * 100_001, "at most 100,000"),
        ("description", ["a", "list"], "give a text"),
        ("impact", "x" * 101, "given values"),
        ("major", "perhaps", "yes or no"),
        ("requester", "Chiara", "choose from the list"),
        ("requester", True, "choose from the list"),
        ("requester", "99999999999999999999", "choose from the list"),
        ("requester", 4711, "no longer exists"),
        ("team", 4711, "no longer exists"),
        ("service", 4711, "no longer exists"),
        ("room", {1, 2}, "cannot be stored"),
        ("room", 2**70, "cannot be stored"),
        ("number", "INC-1", "cannot be written by a form"),
        ("status", "closed", "cannot be written by a form"),
        ("level", 3, "cannot be written by a form"),
        ("journal_head", "x", "keeps for itself"),
        ("custom", {}, "keeps for itself"),
        ("words", "x", "keeps for itself"),
        ("area", "changes", "keeps for itself"),
    ],
)
def test_what_does_not_fit_is_refused_in_plain_words(
    session: Session, records: Records, make, name: str, value: object, said: str
) -> None:
    record_id = make("incident", "Storage down")
    before = records.read(session, "incident", record_id)
    with pytest.raises(Invalid) as refusal:
        write(records, session, record_id, **{name: value, "impact": "site", "floor": 3} if name != "impact" else
              {name: value})  # fmt: skip
    assert said in refusal.value.fields[name][0]
    assert records.read(session, "incident", record_id) == before


def test_a_reference_must_lead_to_the_right_kind(session: Session, records: Records, make) -> None:
    other, service = make("incident", "Other"), make("service", "Mail")
    record_id = make("incident", "Storage down", service=service)
    with pytest.raises(Invalid):
        write(records, session, record_id, service=other)
    with pytest.raises(Invalid):
        write(records, session, record_id, known_error=service)


def test_all_custom_values_together_have_a_limit(session: Session, records: Records, make) -> None:
    record_id = make("incident", "Storage down")
    write(records, session, record_id, first="x" * 200_000)
    with pytest.raises(Invalid):
        write(records, session, record_id, second="x" * 60_000)


def test_what_postgresql_cannot_store_is_left_out(session: Session, records: Records, make) -> None:
    record_id = make("incident", "Stor\x00age \ud800 down", description="a\x00b", notes={"k\x00": ["v\x00"]})
    read = records.read(session, "incident", record_id)
    assert (read["title"], read["description"], read["notes"]) == ("Storage down", "ab", {"k": ["v"]})


def test_emptying_a_field_removes_its_value(session: Session, records: Records, make) -> None:
    record_id = make("incident", "Storage down", impact="team", room="B 2.14")
    write(records, session, record_id, impact="", room=None)
    read = records.read(session, "incident", record_id)
    assert read["impact"] is None
    assert "room" not in read


def test_before_and_after_stand_in_the_journal_and_texts_can_be_erased(
    session: Session, records: Records, make, anna: Person
) -> None:
    record_id = make("incident", "Storage down", impact="team")
    write(records, session, record_id, anna, impact="site", description="Chiara's disk is full")
    entry = session.scalars(select(JournalEntry).order_by(JournalEntry.id.desc())).first()
    assert entry is not None
    assert (entry.event, entry.actor_id, entry.case_id, entry.element) == ("record.changed", anna.id, 17, "classify")
    assert entry.data == {"before": {"impact": "team"}, "after": {"impact": "site"}, "texts": ["description"]}
    payload = session.get_one(JournalPayload, (entry.chain, entry.position))
    assert payload.content["after"] == {"description": "Chiara's disk is full"}


def test_writing_what_is_there_already_leaves_no_trace(
    session: Session, records: Records, make, statements: list[str]
) -> None:
    record_id = make("incident", "Storage down", impact="team", room="B 2.14")
    before = session.get_one(Incident, record_id).updated_at
    statements.clear()
    write(records, session, record_id, impact="team", room="B 2.14", title="Storage  down ")
    assert not [statement for statement in statements if not statement.startswith("SELECT")]
    assert session.get_one(Incident, record_id).updated_at == before


def kinds(statements: list[str]) -> list[str]:
    return ["journal" if "write_journal" in statement else statement.split()[0] for statement in statements]


def test_writing_costs_few_statements(session: Session, records: Records, make, statements: list[str]) -> None:
    record_id = make("incident", "Storage down")
    session.commit()
    session.info.clear()
    session.expunge_all()
    statements.clear()
    write(records, session, record_id, impact="site", urgency="now", description="All disks", room="B 2.14")
    assert kinds(statements) == ["SELECT", "journal", "UPDATE", "UPDATE"]
    statements.clear()
    write(records, session, record_id, priority="P1")
    records.read(session, "incident", record_id)
    assert kinds(statements) == ["journal", "UPDATE"]


def test_operations_may_write_what_forms_may_not(session: Session, records: Records, make) -> None:
    record_id = make("incident", "Storage down")
    record = records.locked(session, "incident", record_id)
    changes = records.change(session, record, {"status": "in_progress", "level": 2}, Trace(), event="incident.taken")
    assert changes.before == {"status": "open", "level": 1}
    assert records.read(session, "incident", record_id)["level"] == 2


def test_a_rolled_back_savepoint_leaves_no_stale_values(session: Session, records: Records, make) -> None:
    record_id = make("incident", "Storage down", impact="team")
    with pytest.raises(RuntimeError, match="changed their mind"), session.begin_nested():
        write(records, session, record_id, impact="site")
        raise RuntimeError("changed their mind")
    assert records.read(session, "incident", record_id)["impact"] == "team"
    write(records, session, record_id, impact="site")
    record = session.get_one(Incident, record_id)
    assert records.journal.verify(session, f"record:{record_id}", head=record.journal_head).sound
    assert record.journal_length == 2


def test_two_writers_of_one_record_take_turns(database: Database, records: Records) -> None:
    with database.transaction() as session:
        record_id, _ = create(records, session)

    def write_urgency() -> None:
        with database.transaction() as second:
            records.read(second, "incident", record_id)
            write(records, second, record_id, urgency="now")

    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as first:
            write(records, first, record_id, impact="site")
            other = pool.submit(write_urgency)
            while not waiting_for_a_lock(database):
                assert not other.done()
        other.result()
    assert state_of(database, records, record_id) == ("site", "now", 3)


def test_a_lock_given_up_with_a_savepoint_is_taken_again(database: Database, records: Records) -> None:
    with database.transaction() as session:
        record_id, _ = create(records, session)
    with database.transaction() as first:
        with pytest.raises(RuntimeError, match="changed their mind"), first.begin_nested():
            write(records, first, record_id, impact="team")
            raise RuntimeError("changed their mind")
        with database.transaction() as second:
            write(records, second, record_id, impact="site")
        records.locked(first, "incident", record_id)
        assert is_locked(database, record_id)
        write(records, first, record_id, urgency="now")
    assert state_of(database, records, record_id) == ("site", "now", 3)


def waiting_for_a_lock(database: Database) -> bool:
    with database.transaction() as session:
        waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"
        return bool(session.scalar(text(waiting)))


def is_locked(database: Database, record_id: int) -> bool:
    with database.transaction() as session:
        free = select(Record.id).where(Record.id == record_id).with_for_update(skip_locked=True)
        return session.scalar(free) is None


def state_of(database: Database, records: Records, record_id: int) -> tuple[str, str, int]:
    """What both wrote, and the length of the record's journal, which must be sound."""
    with database.transaction() as session:
        record = session.get_one(Record, record_id)
        verdict = records.journal.verify(session, f"record:{record_id}", head=record.journal_head)
        assert verdict.sound
        read = records.read(session, "incident", record_id)
        return read["impact"], read["urgency"], verdict.length


def test_a_record_is_only_found_as_what_it_is(session: Session, records: Records, make) -> None:
    service = make("service", "Mail")
    with pytest.raises(NotFound):
        records.read(session, "incident", service)
    with pytest.raises(NotFound):
        write(records, session, service, impact="site")
    with pytest.raises(NotFound):
        records.read(session, "spaceship", service)


def test_kinds_name_what_forms_may_not_use(records: Records) -> None:
    assert {"incident", "service", "known_error"} <= records.kinds()
    assert {"owner", "impact", "number"} <= records.attributes("incident")
    assert {"status", "level", "number", "kind"} <= records.protected("incident")
    assert "impact" not in records.protected("incident")
