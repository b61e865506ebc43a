"""One change to many chosen records: the preview, who is left out and why, storing, and being late."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.domain.journal.records import JournalEntry
from app.domain.people import directory
from app.domain.people.accounts import deactivate
from app.domain.people.records import RoleAssignment
from app.domain.records import tags, watching
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.errors import Conflict, Forbidden, Invalid
from app.insight.access import Viewer
from app.insight.batches import choosing
from app.insight.batches.choosing import Order
from tests.insight.batches.desk import batch_of, carry_out, history, outcome, records, targets
from tests.insight.batches.test_imports import make
from tests.stage import STAFF, Stage, draw, form, text
from tests.web.api.conftest import ASKS, end, flows, user


def choose(stage: Stage, ids: list[int], *, by: str = "Ines Duarte", **wanted: Any) -> int:
    """Plan a change; returns the batch."""
    values = wanted.pop("values", {})
    known = {name: target for name, target in targets(stage, "incident").items() if name in values}
    with stage.parts.database.transaction() as session:
        order = Order(tuple(ids), values, known, **wanted)
        kind = stage.parts.records.catalogue.get("incident")
        return stage.parts.batches.choose(session, Viewer.of(stage.who(by)), kind, order).id


def test_values_tags_and_watchers_are_changed_with_their_history(stage: Stage) -> None:
    ids = [make(stage, f"Number {place}", asset="A") for place in range(3)]
    ben, anna = stage.people["Ben Osei"], stage.people["Anna Novak"]
    with stage.parts.database.transaction() as session:
        first = stage.parts.records.locked(session, "incident", ids[0])
        tags.add_tag(session, stage.parts.records, first, "old", Trace())
        watching.watch(session, stage.parts.records, first, anna, Trace())
    batch_id = choose(
        stage, ids, values={"asset": "B", "status": "closed", "owner": str(ben)}, tags_added=("new",),
        tags_removed=("old",), watched_by=(ben,), unwatched_by=(anna,),
    )  # fmt: skip
    line = outcome(stage, batch_id)[0]
    assert line.before == {
        "asset": "A", "status": "open", "closed_at": None, "owner": None, "+tags": ["old"], "+watchers": [str(anna)],
    }  # fmt: skip
    assert line.after["+tags"] == ["new"] and line.after["+watchers"] == [str(ben)] and line.after["closed_at"]
    carry_out(stage, batch_id, "Tidying up.")
    assert {(one["asset"], one["status"], one["owner"]) for one in records(stage)} == {("B", "closed", str(ben))}
    with stage.parts.database.transaction() as session:
        assert history(session, ids[0])[-5:] == [
            "record.changed", "tag.added", "tag.removed", "watcher.added", "watcher.removed",
        ]  # fmt: skip
        assert history(session, ids[1])[-3:] == ["record.changed", "tag.added", "watcher.added"]
        for record_id in ids:
            record = session.get_one(Record, record_id)
            assert stage.parts.journal.verify(session, f"record:{record_id}", head=record.journal_head).sound
            assert [one.id for one in watching.watchers_of(session, record_id)] == [ben]
        note = session.scalars(select(JournalEntry).where(JournalEntry.event == "records.changed_together")).one()
        assert (note.actor_id, note.data["changed"]) == (stage.people["Ines Duarte"], 3)
    with pytest.raises(Conflict):
        carry_out(stage, batch_id, "Once more.")


def test_who_is_left_out_is_said_with_the_reason(stage: Stage) -> None:
    body = ASKS + user("look") + end() + flows("s look e")
    stage.publish(draw("walk", body, record="incident"), form("report", text("title", required=True)), form("look"))
    led = int(stage.record(stage.start(values={"title": "Storage is gone"}))["id"])
    free, same = make(stage), make(stage, "Same", team=None)
    priced = {"priority": "P2"}
    with stage.parts.database.transaction() as session:
        stage.parts.records.change(session, stage.parts.records.locked(session, "incident", same), priced, Trace())
    batch_id = choose(stage, [led, free, same, 999_999], values=priced)
    planned = outcome(stage, batch_id)
    assert [line.fate for line in planned] == ["left_out", "changed", "same", "left_out"]
    assert str(planned[0].faults[0][1]).startswith("A case is working on this record")
    carry_out(stage, batch_id)
    assert [one["priority"] for one in records(stage)] == [None, "P2", "P2"]


def test_staff_mark_records_and_managers_change_them(stage: Stage) -> None:
    ids = [make(stage)]
    assert outcome(stage, choose(stage, ids, by="Anna Novak", values={"cause": "Dust"}))[0].fate == "left_out"
    assert outcome(stage, choose(stage, ids, by="Anna Novak", tags_added=("dusty",)))[0].fate == "changed"
    for name in ("Chiara Ricci", "Sofia Lindqvist", "Paul Okafor"):
        assert outcome(stage, choose(stage, ids, by=name, tags_added=("dusty",)))[0].fate == "left_out"
    [line] = outcome(stage, choose(stage, ids, watched_by=(stage.people["Chiara Ricci"],)))
    assert "may not know" in str(line.faults[0][1])
    with pytest.raises(Invalid):
        choose(stage, ids)
    with pytest.raises(Invalid):
        choose(stage, [], values={"cause": "Dust"})
    with pytest.raises(Invalid):
        choose(stage, list(range(choosing.MOST + 1)), values={"cause": "Dust"})


def test_a_role_for_one_record_counts_for_it_alone(stage: Stage) -> None:
    ids = [make(stage), make(stage)]
    with stage.parts.database.transaction() as session:
        sofia = stage.people["Sofia Lindqvist"]
        directory.assign_role(session, STAFF, person_id=sofia)
        session.add(RoleAssignment(role="incidents.process_manager", person_id=sofia, record_id=ids[0]))
    planned = outcome(stage, choose(stage, ids, by="Sofia Lindqvist", values={"cause": "Dust"}))
    assert [line.fate for line in planned] == ["changed", "left_out"]


def test_being_late_stores_nothing(stage: Stage) -> None:
    ids = [make(stage), make(stage)]
    batch_id = choose(stage, ids, values={"cause": "Dust"})
    tagged = choose(stage, ids, tags_added=("dusty",))
    with stage.parts.database.transaction() as session:
        locked = stage.parts.records.locked(session, "incident", ids[1])
        stage.parts.records.change(session, locked, {"cause": "Mice"}, Trace())
        tags.add_tag(session, stage.parts.records, locked, "mousy", Trace())
    for one in (batch_id, tagged):
        with pytest.raises(Conflict, match="changed since it was checked"):
            carry_out(stage, one)
        assert batch_of(stage, one).state == "checked"
    assert [one["cause"] for one in records(stage)] == [None, "Mice"]


def test_what_cannot_be_understood_is_named_by_its_field(stage: Stage) -> None:
    known = targets(stage, "incident")
    with stage.parts.database.transaction() as session:
        with pytest.raises(Invalid) as refused:
            texts = {"owner": "nobody", "status": "gone", "opened_at": "soon", "number": "INC-1", "nonsense": "x"}
            fields = {name: known[name] for name in texts if name in known and name != "number"}
            choosing.read_values(session, Viewer.of(stage.who("Ines Duarte")), fields, texts, ZoneInfo("UTC"))
        assert refused.value.fields.keys() == {"owner", "status", "opened_at", "number", "nonsense"}


def test_a_person_who_left_carries_nothing_out(stage: Stage) -> None:
    batch_id = choose(stage, [make(stage)], values={"cause": "Dust"})
    with stage.parts.database.transaction() as session:
        deactivate(session, stage.people["Ines Duarte"])
    with pytest.raises(Forbidden):
        carry_out(stage, batch_id)
