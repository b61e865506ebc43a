"""Lists: what each condition finds, pages in any order, and nothing that the reader may not know."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.errors import Invalid
from app.insight.access import Viewer
from app.insight.lists.conditions import Condition
from app.insight.lists.listing import Listing
from app.insight.lists.state import ListState, read_json, read_params
from tests.insight.lists.conftest import NOON, ListOf, Report


def titles(session: Session, listing: Listing, state: ListState) -> list[str]:
    return [str(line.values[0]) for line in listing.page(session, state, [listing.columns["title"]]).lines]


def asked(session: Session, listing: Listing, name: str, operator: str, *values: str) -> set[str]:
    return set(titles(session, listing, ListState(status="", conditions=(Condition(name, operator, values),))))


@pytest.mark.parametrize(
    ("name", "operator", "values", "expected"),
    [
        ("title", "contains", ["PRINT"], {"Printer jams"}),
        ("title", "contains", ["100 %"], {"Disk 100 % full"}),
        ("title", "lacks", ["print"], {"Disk 100 % full", "Mail is slow"}),
        ("title", "is", ["mail is slow"], {"Mail is slow"}),
        ("priority", "any", ["P1", "P2"], {"Printer jams", "Disk 100 % full"}),
        ("priority", "none", ["P1"], {"Disk 100 % full", "Mail is slow"}),
        ("priority", "empty", [], {"Mail is slow"}),
        ("owner", "me", [], {"Printer jams"}),
        ("owner", "named", ["anna"], {"Printer jams"}),
        ("owner", "filled", [], {"Printer jams"}),
        ("service", "named", ["storage"], {"Disk 100 % full"}),
        ("major", "yes", [], {"Disk 100 % full"}),
        ("major", "no", [], {"Printer jams", "Mail is slow"}),
        ("opened_at", "within", ["3"], {"Printer jams", "Disk 100 % full"}),
        ("opened_at", "older", ["3"], {"Mail is slow"}),
        ("floor", "at_least", ["2,5"], {"Printer jams"}),
        ("floor", "equals", ["1"], {"Disk 100 % full"}),
        ("floor", "empty", [], {"Mail is slow"}),
        ("asset", "contains", ["pr-"], {"Printer jams"}),
        ("loud", "yes", [], {"Printer jams"}),
        ("tags", "any", ["red", "blue"], {"Printer jams"}),
        ("tags", "none", ["red"], {"Disk 100 % full", "Mail is slow"}),
    ],
)
def test_each_condition_finds_what_it_says(
    session: Session, anna: Viewer, incidents: ListOf, report: Report, name: str, operator: str, values: list[str],
    expected: set[str],
) -> None:  # fmt: skip
    storage = report("Storage", "service")
    now = clock.now()
    report(
        "Printer jams", priority="P1", owner=anna.person_id, floor=3, asset="PR-17", loud=True, tags=["red", "green"],
        opened_at=now,
    )  # fmt: skip
    report("Disk 100 % full", priority="P2", service=storage.id, major=True, floor=1, opened_at=now)
    report("Mail is slow", floor="the third", opened_at=now - timedelta(days=5))
    assert asked(session, incidents(anna), name, operator, *values) == expected


def test_days_begin_where_the_reader_is(session: Session, anna: Viewer, incidents: ListOf, report: Report) -> None:
    listing = incidents(anna)
    # 23:30 on the 10th in UTC is half past midnight on the 11th in Berlin.
    report("Night", opened_at=clock.now().replace(year=2026, month=3, day=10, hour=23, minute=30))
    assert asked(session, listing, "opened_at", "on", "2026-03-11") == {"Night"}
    assert asked(session, listing, "opened_at", "before", "2026-03-11") == set()
    assert asked(session, listing, "opened_at", "after", "2026-03-10") == {"Night"}


@pytest.mark.parametrize(
    ("name", "operator", "value", "expected"),
    [
        ("ends", "before", "2026-03-11", {"Past", "Never"}), ("ends", "on", "2026-03-11", {"Today"}),
        ("ends", "after", "2026-03-11", {"Ahead"}), ("ends", "within", "30", {"Past", "Never", "Today"}),
        ("ends", "within", "3", {"Today"}), ("ends", "older", "3", {"Past", "Never"}),
        ("ends", "empty", "", {"Words"}),
        ("seen", "on", "2026-03-11", {"Today", "Past"}), ("seen", "before", "2026-03-11", {"Never"}),
        ("seen", "after", "2026-03-11", {"Ahead"}), ("seen", "within", "1", {"Today", "Past", "Ahead"}),
        ("seen", "older", "1", {"Never"}), ("seen", "filled", "", {"Today", "Past", "Ahead", "Never"}),
    ],
)  # fmt: skip
def test_days_and_moments_of_custom_fields_are_more_than_texts(
    session: Session, anna: Viewer, incidents: ListOf, report: Report, name: str, operator: str, value: str,
    expected: set[str],
) -> None:  # fmt: skip
    with clock.at(NOON):
        # In Berlin the 11th begins and ends an hour before it does in UTC.
        report("Today", ends="2026-03-11", seen="2026-03-11T12:00:00+00:00")
        report("Past", ends="2026-02-28", seen="2026-03-10T23:00:00.5+00:00")
        report("Ahead", ends="2026-12-24", seen="2026-03-11T23:00:00+00:00")
        report("Never", ends="2026-02-30", seen="2026-02-30T25:00:00+00:00")
        report("Words", ends="in spring", seen="2026-03-11")
        listing = incidents(anna)
        assert asked(session, listing, name, operator, value) == expected
        in_order = ["Past", "Never", "Today", "Ahead", "Words"]
        assert titles(session, listing, ListState(status="", sort="ends")) == in_order
        assert titles(session, listing, ListState(status="", sort="-ends")) == [*reversed(in_order[:4]), "Words"]


@pytest.mark.parametrize(
    ("name", "operator", "value"),
    [
        ("ends", "contains", "2026"), ("ends", "on", "2026-02-30"), ("seen", "within", "soon"), ("ends", "older", "0"),
        ("nonsense", "is", "x"), ("title", "within", "3"), ("opened_at", "within", "0"), ("opened_at", "on", "soon"),
        ("opened_at", "on", "9999-12-31"), ("floor", "equals", "NaN"), ("floor", "equals", "1e999"),
        ("owner", "any", "x"), ("owner", "any", "9" * 30), ("title", "is", "x" * 201),
    ],
)  # fmt: skip
def test_a_condition_that_cannot_be_understood_is_named_and_shows_nothing(
    session: Session, anna: Viewer, incidents: ListOf, report: Report, name: str, operator: str, value: str
) -> None:
    report("Printer jams")
    with pytest.raises(Invalid) as refused:
        asked(session, incidents(anna), name, operator, value)
    assert list(refused.value.fields) == ["c1"]


@pytest.mark.parametrize(
    "sort",
    [
        "",
        "title",
        "-title",
        "priority",
        "-priority",
        "status",
        "owner",
        "-owner",
        "-opened_at",
        "major",
        "floor",
        "-floor",
        "ends",
        "-ends",
        "seen",
    ],
)
def test_pages_follow_on_each_other_whatever_the_order(
    session: Session, anna: Viewer, incidents: ListOf, report: Report, sort: str
) -> None:
    listing = incidents(anna)
    now = clock.now()
    for number in range(23):
        report(
            f"Same {number % 4}", priority=[None, "P1", "P3"][number % 3], major=number % 2 == 0,
            owner=[None, anna.person_id][number % 2], floor=[1, 2.5, "none"][number % 3], opened_at=now,
            ends=["2026-03-11", "none", "2026-12-24"][number % 3],
            seen=[None, "2026-03-11T23:00:00+00:00"][number % 2],
            status=["open", "waiting"][number % 2],
        )  # fmt: skip
    state, shown = ListState(sort=sort), [listing.columns["number"]]
    whole = [line.id for line in listing.page(session, state, shown, limit=100).lines]
    read, after = [], ""
    while True:
        page = listing.page(session, state, shown, after=after, limit=4)
        read += [line.id for line in page.lines]
        after = page.next
        if not after:
            break
    assert read == whole and len(set(whole)) == 23
    assert [line.id for part in listing.all(session, state, shown) for line in part] == whole


def test_nothing_stands_last_in_either_direction(
    session: Session, anna: Viewer, incidents: ListOf, report: Report
) -> None:
    report("B", priority="P2"), report("N"), report("A", priority="P1")
    assert titles(session, incidents(anna), ListState(sort="priority")) == ["A", "B", "N"]
    assert titles(session, incidents(anna), ListState(sort="-priority")) == ["B", "A", "N"]


@pytest.mark.parametrize("after", ["x", "MQ==", "WyJzIiwgIngiLCAxXQ==", "WyJpIiwgOTk5LCAtMV0=", "%00"])
def test_a_place_that_no_list_gave_is_refused(session: Session, anna: Viewer, incidents: ListOf, after: str) -> None:
    listing = incidents(anna)
    with pytest.raises(Invalid):
        listing.page(session, ListState(sort="-opened_at"), [listing.columns["title"]], after=after)


def test_custom_fields_are_for_those_who_work_with_the_record(
    session: Session, anna: Viewer, chiara: Viewer, incidents: ListOf, report: Report
) -> None:
    report("Printer jams", asset="Secret")
    assert not incidents(chiara).columns.keys() & {"asset", "floor"}
    # Who works in another process sees incidents of their own, but not what the staff wrote there.
    elsewhere = Viewer(chiara.person_id, frozenset({"changes.process_staff"}))
    listing = incidents(elsewhere)
    page = listing.page(session, ListState(), [listing.columns["title"], listing.columns["asset"]])
    assert [line.values for line in page.lines] == [("Printer jams", None)]
    assert asked(session, listing, "asset", "contains", "secret") == set()
    assert asked(session, listing, "asset", "empty") == {"Printer jams"}
    assert asked(session, incidents(anna), "asset", "contains", "secret") == {"Printer jams"}


def test_a_reference_to_what_one_may_not_know_is_empty_for_filters_too(
    session: Session, anna: Viewer, chiara: Viewer, incidents: ListOf, report: Report
) -> None:
    known = report("The disk is worn out", "known_error")
    report("Printer jams", known_error=known.id)
    assert asked(session, incidents(anna), "known_error", "filled") == {"Printer jams"}
    for operator, values in (("filled", []), ("any", [str(known.id)]), ("named", ["disk"])):
        assert asked(session, incidents(chiara), "known_error", operator, *values) == set()


def test_counts_go_up_to_a_limit_and_no_further_than_what_one_may_know(
    session: Session, anna: Viewer, chiara: Viewer, incidents: ListOf, report: Report
) -> None:
    report("Printer jams"), report("Mine", requester=anna.person_id)
    gone = ListState(conditions=(Condition("gone", "is", ("x",)),))
    assert incidents(anna).counts(session, [ListState(), gone, ListState(status="closed")]) == [2, None, 0]
    assert incidents(chiara).counts(session, [ListState()]) == [1]


def test_an_address_and_what_is_kept_carry_the_whole_state() -> None:
    pairs = [
        ("status", ""), ("q", " mail "), ("c1", "priority"), ("o1", "any"), ("v1", "P1"), ("v1", "P2"), ("c3", "title"),
        ("o3", "contains"), ("v3", "a&b"), ("sort", "-title"), ("columns", "number,title"), ("c4", ""),
    ]  # fmt: skip
    state = read_params(pairs)
    assert state.text == "mail" and [one.name for one in state.conditions] == ["priority", "title"]
    assert read_params(state.pairs()) == state
    assert read_json(state.as_json()) == state
    assert not read_params([("c1", "title")]).active
