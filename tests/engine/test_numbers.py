"""Records of a diagram with a prefix of its own: numbered apart from the others of their kind."""

import threading

import pytest
from sqlalchemy import select, text

from app.domain.records.records import Record
from app.engine.commands import start_case
from app.errors import Refused
from app.insight.access import Viewer
from app.insight.search import number_path, search
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, draw, form

BODY = start() + user("look") + end() + flows("s look e")


def publish(stage: Stage, prefix: str, key: str = "walk") -> None:
    stage.publish(draw(key, BODY, record="incident", number_prefix=prefix), form("look"))


def numbers(stage: Stage) -> list[str]:
    return [record.number for record in stage.rows(Record)]


def year(stage: Stage) -> str:
    return numbers(stage)[0].split("-")[1]


def test_a_prefix_counts_for_itself_whatever_the_kind_has_reached(stage: Stage) -> None:
    stage.publish(draw("plain", BODY, record="incident"), form("look"))
    publish(stage, "MAJ")
    publish(stage, "OUTAG", "outage")
    for diagram in ("plain", "plain", "walk", "outage", "walk", "plain"):
        stage.start(diagram)
    of = year(stage)
    assert numbers(stage) == [
        f"INC-{of}-0001", f"INC-{of}-0002", f"MAJ-{of}-0001", f"OUTAG-{of}-0001", f"MAJ-{of}-0002", f"INC-{of}-0003"
    ]  # fmt: skip
    assert {record.kind for record in stage.rows(Record)} == {"incident"}


def test_publishing_again_goes_on_counting(stage: Stage) -> None:
    publish(stage, "QQ")
    stage.start()
    stage.publish(draw("walk", BODY, record="incident", number_prefix="QQ", title="'Again'"))
    stage.start()
    assert numbers(stage) == [f"QQ-{year(stage)}-0001", f"QQ-{year(stage)}-0002"]


def test_a_case_about_a_record_that_is_there_leaves_its_number(stage: Stage) -> None:
    stage.publish(draw("plain", BODY, record="incident"), form("look"))
    publish(stage, "MAJ")
    first = stage.case(stage.start("plain"))
    second = stage.case(stage.start("walk", record_id=first.record_id))
    assert second.record_id == first.record_id
    assert numbers(stage) == [f"INC-{year(stage)}-0001"]


def test_such_a_number_is_found(stage: Stage) -> None:
    publish(stage, "OUTAG", "walk")
    stage.start()
    [number] = numbers(stage)
    viewer = Viewer.of(stage.who("Anna Novak"))
    with stage.parts.database.transaction() as session:
        kinds = stage.parts.records.catalogue
        assert number_path(session, kinds, viewer, number.lower()) == f"/records/incident/{number}"
        found = search(session, kinds, viewer, number[:10])
        assert [hit.label for group in found.groups if group.key == "incident" for hit in group.hits] == [number]


@pytest.mark.parametrize("prefix", ["M", "MAJORS", "maj", "M1", "MÄJ", "MA-J", "MAJ;DROP", "MAJ X", "KER", "SVC"])
def test_what_is_no_prefix_or_another_kinds_is_refused(stage: Stage, prefix: str) -> None:
    with pytest.raises(Refused) as refusal:
        publish(stage, prefix)
    [problem] = [problem for problem in refusal.value.problems if problem.severity == "error"]
    assert (problem.rule, problem.element) == ("bad-number-prefix", "walk")
    assert problem.line > 0


def test_a_prefix_from_before_they_were_checked_counts_as_none(stage: Stage) -> None:
    publish(stage, "MAJ")
    with stage.parts.database.transaction() as session:
        session.execute(text("UPDATE definition SET content = replace(convert_from(content, 'UTF8'),"
                             " 'MAJ', 'C')::bytea WHERE key = 'walk'"))  # fmt: skip
    stage.start()
    assert numbers(stage) == [f"INC-{year(stage)}-0001"]


def test_starts_at_once_never_share_a_number(stage: Stage) -> None:
    publish(stage, "MAJ")
    anna, gate = stage.who("Anna Novak"), threading.Barrier(4)

    def begin() -> None:
        gate.wait()
        for _ in range(5):
            with stage.parts.database.transaction() as session:
                start_case(stage.parts.engine, session, "walk", anna, {})

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stage.parts.database.transaction() as session:
        found = session.scalars(select(Record.number)).all()
    assert sorted(found) == [f"MAJ-{found[0][4:8]}-{count:04d}" for count in range(1, 21)]
