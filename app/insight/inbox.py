"""A person's work list: what is assigned, put off, offered to their roles, overdue and escalated to them, and done.

Every statement is written once per shape and reads only the beginning of a partial index: one ordered, limited branch
per role, put together and limited again, so that a list costs the same with a hundred tasks and with a million.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, NamedTuple, Protocol

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.database.direct import Direct
from app.domain.desk import presence
from app.insight.access import Viewer

Tab = Literal["mine", "put_off", "teams", "escalated", "done"]
PAGE = 30
COUNTED = 1000
# Counts of the tabs alone, without those of the groups.
UNGROUPED = 5
HIGH = 2


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place behind the last row of a page: its time (due, done or put off until), None without one, and its id."""

    at: datetime | None
    id: int


class Placed(Protocol):
    """What decides where a task stands in the list: a row of it, or the task itself."""

    @property
    def id(self) -> int: ...

    @property
    def due_at(self) -> datetime | None: ...

    @property
    def completed_at(self) -> datetime | None: ...

    @property
    def put_off_until(self) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a tab is shown; empty values do not filter.

    `due_before` keeps tasks due before that moment, `process` is a diagram key, `text` looks into task name, case and
    record numbers and titles; `names` are task names that mean the text in the reader's language.
    """

    tab: Tab = "mine"
    due_before: datetime | None = None
    high: bool = False
    process: str = ""
    role: str = ""
    text: str = ""
    names: tuple[str, ...] = ()


class Row(NamedTuple):
    """One line of the list."""

    id: int
    name: str
    due_at: datetime | None
    completed_at: datetime | None
    priority: int
    role: str
    assignee_id: int | None
    case_number: str
    title: str
    diagram: str
    area: str
    record_number: str | None
    escalated_to: str | None
    put_off_until: datetime | None
    writer: str | None = None

    @property
    def number(self) -> str:
        """The number that people know it by."""
        return self.record_number or self.case_number


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of the list; `next` asks for the following page."""

    rows: list[Row]
    next: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many there are, each counted up to `COUNTED`; groups are those of the filtered tab, None when not counted."""

    mine: int = 0
    mine_late: int = 0
    teams: int = 0
    escalated: int = 0
    put_off: int = 0
    late: int | None = None
    today: int | None = None
    later: int | None = None


class Badge(NamedTuple):
    """How many tasks are assigned to a person and how many of them are overdue, each counted up to `COUNTED`."""

    total: int
    late: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the text of a statement; its values do not."""

    tab: Tab
    due: bool
    high: bool
    process: bool
    role: bool
    text: bool
    cursor: Literal["", "timed", "untimed"] = field(default="")


@dataclass(frozen=True, slots=True)
class Reach:
    """What few people have: somebody to stand in for, and roles that count for one service or record alone.

    For all others the statements stay the simple ones.
    """

    stands_in: bool
    limited: bool


def listing(
    session: Session, viewer: Viewer, wanted: Filter, after: Cursor | None = None, limit: int = PAGE
) -> Listing:
    """Return one page of a tab: open tasks by due time, those without one last; done ones newest first.

    Those that were put off come by when they return.
    """
    values = _values(viewer, wanted, _roles(viewer, wanted)) | _behind(after)
    values |= {"limit": limit + 1, "now": clock.now(), **_watching(viewer)}
    found = _list_statement(_shape(wanted, _kind(after)), _reach(viewer)).rows(session, values)
    return _page(found, wanted, limit)


def _page(found: Sequence[Any], wanted: Filter, limit: int) -> Listing:
    rows = [Row._make(row) for row in found[:limit]]
    if len(found) <= limit:
        return Listing(rows)
    last = rows[-1]
    return Listing(rows, place_of(wanted.tab, last))


def place_of(tab: Tab, row: Placed) -> Cursor:
    """Return where a task stands in a tab, to ask for what follows it."""
    at = {"done": row.completed_at, "put_off": row.put_off_until}.get(tab, row.due_at)
    return Cursor(at, row.id)


def _kind(after: Cursor | None) -> Literal["", "timed", "untimed"]:
    return "" if after is None else "timed" if after.at else "untimed"


def _behind(after: Cursor | None) -> dict[str, Any]:
    if after is None:
        return {}
    return {"after_at": after.at, "after_id": after.id} if after.at else {"after_id": after.id}


def counts(session: Session, viewer: Viewer, wanted: Filter, now: datetime, tomorrow: datetime) -> Counts:
    """Count the tabs and the groups of the filtered tab: overdue, due before `tomorrow`, later or without a time."""
    grouped = wanted.tab in GROUPED and not wanted.text
    values = _values(viewer, wanted, _roles(viewer, wanted) if grouped else [])
    values |= _counting(viewer) | {"now": now, "tomorrow": tomorrow}
    statement = _count_statement(_shape(wanted) if grouped else None, _reach(viewer))
    [found] = statement.rows(session, values)
    return _summed(found, wanted)


def overview(
    session: Session,
    viewer: Viewer,
    wanted: Filter,
    after: Cursor | None,
    now: datetime,
    tomorrow: datetime,
    limit: int = PAGE,
) -> tuple[Listing, Counts]:
    """Return one page of a tab and the counts around it, as `listing` and `counts` do, in one statement."""
    grouped = wanted.tab in GROUPED and not wanted.text
    shape = _shape(wanted, _kind(after))
    values = _values(viewer, wanted, _roles(viewer, wanted)) | _behind(after) | {"limit": limit + 1}
    values |= _watching(viewer) | _counting(viewer) | {"now": now, "tomorrow": tomorrow}
    found = _overview_statement(shape, grouped, _reach(viewer)).rows(session, values)
    number = len(fields(Counts)) if grouped else UNGROUPED
    rows = [row[number:] for row in found if row[number] is not None]
    return _page(rows, wanted, limit), _summed(found[0][:number], wanted)


def _summed(row: Sequence[Any], wanted: Filter) -> Counts:
    """Put counts together; those of a tab without filters are the sums of its groups and were not counted again."""
    found = Counts(*row)
    if found.late is None or found.today is None or found.later is None or not _is_whole(_shape(wanted)):
        return found
    total = min(COUNTED, found.late + found.today + found.later)
    if wanted.tab == "mine":
        return replace(found, mine=total, mine_late=found.late)
    return replace(found, teams=total) if wanted.tab == "teams" else replace(found, escalated=total)


def _is_whole(shape: Shape) -> bool:
    """Tell whether a tab is shown without any filter."""
    return not (shape.due or shape.high or shape.process or shape.role or shape.text)


def assigned(session: Session, viewer: Viewer, now: datetime) -> Badge:
    """Count what is assigned to the person, for the number in the navigation."""
    statement = _assigned_statement(_reach(viewer))
    [found] = statement.rows(session, {**_persons(viewer), "now": now})
    return Badge._make(found)


def _reach(viewer: Viewer) -> Reach:
    return Reach(bool(viewer.stands_in_for), bool(viewer.limited))


def _persons(viewer: Viewer) -> dict[str, Any]:
    """Return whose tasks are shown: the `person`'s, and with somebody to stand in for those of all these `people`."""
    return {"person": viewer.person_id} | ({"people": viewer.people} if viewer.stands_in_for else {})


def _limits(viewer: Viewer) -> list[str]:
    """Return the limited roles, one text for each role: `incidents.process_staff@service:5,record:17`."""
    within: dict[str, list[str]] = {}
    for one in viewer.limited:
        within.setdefault(one.role, []).append(str(one).partition("@")[2])
    return [f"{role}@{','.join(found)}" for role, found in sorted(within.items())]


def _shape(wanted: Filter, cursor: Literal["", "timed", "untimed"] = "") -> Shape:
    return Shape(
        wanted.tab, wanted.due_before is not None, wanted.high, bool(wanted.process),
        bool(wanted.role), bool(wanted.text), cursor,
    )  # fmt: skip


def _roles(viewer: Viewer, wanted: Filter) -> list[str]:
    """Return whose tasks a tab of roles shows: those of the person's roles, or escalated to these or to themselves."""
    names = [*(viewer.names if wanted.tab == "escalated" else sorted(viewer.roles)), *_limits(viewer)]
    return [name for name in names if not wanted.role or name.partition("@")[0] == wanted.role]


def _watching(viewer: Viewer) -> dict[str, Any]:
    return {"me": viewer.person_id, "fresh": clock.now() - presence.FRESH}


def _counting(viewer: Viewer) -> dict[str, Any]:
    limits = _limits(viewer)
    return {"all_roles": [*sorted(viewer.roles), *limits], "all_names": [*viewer.names, *limits], **_persons(viewer)}


def _values(viewer: Viewer, wanted: Filter, roles: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if wanted.tab in PER_ROLE:
        values["roles"] = roles
    else:
        values |= _persons(viewer) if wanted.tab in ("mine", "put_off") else {"person": viewer.person_id}
    if wanted.tab not in PER_ROLE and wanted.role:
        values["role"] = wanted.role
    if wanted.due_before is not None:
        values["due_before"] = wanted.due_before
    if wanted.process:
        values["process"] = wanted.process
    if wanted.text:
        values["names"] = list(wanted.names)
        values["text"] = "%" + wanted.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return values


# The status stands in the text, not in a parameter, so that the planner can use the partial indexes.
_WHOSE = {
    # What is overdue is never hidden, whatever it was put off to.
    "mine": "t.status = 'open' AND t.assignee_id = :person"
    " AND (t.put_off_until IS NULL OR t.put_off_until <= :now OR t.due_at < :now)",
    "put_off": "t.status = 'open' AND t.assignee_id = :person"
    " AND t.put_off_until > :now AND (t.due_at IS NULL OR t.due_at >= :now)",
    "teams": "t.status = 'open' AND t.assignee_id IS NULL AND t.role = wanted.role",
    "escalated": "t.status = 'open' AND t.escalated_to = wanted.role",
    "done": "t.status = 'done' AND t.completed_by_id = :person",
}
# Only for those who need it: with somebody to stand in for, and with limited roles.
_FOR_OTHERS = ("t.assignee_id = :person", "t.assignee_id = ANY (:people)")
_WITHIN = """
    (strpos(wanted.role, '@') = 0 OR EXISTS (
        SELECT FROM process_case lc JOIN record lr ON lr.id = lc.record_id
        WHERE lc.id = t.case_id AND string_to_array(split_part(wanted.role, '@', 2), ',')
            && ARRAY['record:' || lr.id, 'service:' || lr.id, 'service:' || lr.service_id]))
"""
PER_ROLE = frozenset({"teams", "escalated"})
GROUPED = frozenset({"mine", "teams", "escalated"})
_ORDER = {
    "mine": "due_at, id", "put_off": "put_off_until, id", "teams": "due_at, id", "escalated": "due_at, id",
    "done": "completed_at DESC, id DESC",
}  # fmt: skip


def _source(shape: Shape) -> str:
    joined = ""
    if shape.process or shape.text:
        joined = " JOIN process_case c ON c.id = t.case_id"
    if shape.text:
        joined += " LEFT JOIN record r ON r.id = c.record_id"
    return f"task t{joined}"


def _conditions(shape: Shape) -> str:
    parts = [_WHOSE[shape.tab]]
    if shape.due:
        parts.append("t.due_at < :due_before")
    if shape.high:
        parts.append(f"t.priority <= {HIGH}")
    if shape.process:
        parts.append("c.diagram = :process")
    if shape.role and shape.tab not in PER_ROLE:
        parts.append("t.role = :role")
    if shape.text:
        fields = ("t.name", "c.title", "c.number", "r.number", "r.title")
        parts.append(f"({' OR '.join(f'{name} ILIKE :text' for name in fields)} OR t.name = ANY (:names))")
    return " AND ".join(parts)


def _per_role(shape: Shape, branch: str) -> str:
    """Carry a branch out once for each of the person's roles."""
    if shape.tab not in PER_ROLE:
        return branch
    return f"SELECT found.* FROM unnest(CAST(:roles AS text[])) AS wanted(role) CROSS JOIN LATERAL ({branch}) found"  # noqa: S608


def _branch(shape: Shape, condition: str) -> str:
    order = ", ".join(f"t.{part}" for part in _ORDER[shape.tab].split(", "))
    where = f"{_conditions(shape)}{' AND ' + condition if condition else ''}"
    columns = "t.id, t.due_at, t.completed_at, t.put_off_until"
    inner = f"SELECT {columns} FROM {_source(shape)} WHERE {where} ORDER BY {order} LIMIT :limit"  # noqa: S608
    return f"({_per_role(shape, inner)})"


@lru_cache(maxsize=512)
def _list_statement(shape: Shape, reach: Reach) -> Direct:
    return _bound(_list_text(shape), reach)


def _list_text(shape: Shape) -> str:
    if shape.tab == "done":
        conditions = {"": [""]}.get(shape.cursor, ["(t.completed_at, t.id) < (:after_at, :after_id)"])
    elif shape.tab == "put_off":
        conditions = {"": [""]}.get(shape.cursor, ["(t.put_off_until, t.id) > (:after_at, :after_id)"])
    else:
        # A comparison of pairs leaves out tasks without a due time; they follow in a branch of their own.
        timed = ["(t.due_at, t.id) > (:after_at, :after_id)", "t.due_at IS NULL"]
        conditions = {"": [""], "timed": timed}.get(shape.cursor, ["t.due_at IS NULL AND t.id > :after_id"])
    union = " UNION ALL ".join(_branch(shape, condition) for condition in conditions)
    order = _ORDER[shape.tab]
    outer = ", ".join(f"p.{part}" for part in order.split(", "))
    return f"""
        SELECT t.id, t.name, t.due_at, t.completed_at, t.priority, t.role, t.assignee_id,
               c.number, c.title, c.diagram, c.area, r.number AS record_number, t.escalated_to, t.put_off_until,
               {_WRITER} AS writer
        FROM (SELECT * FROM ({union}) page ORDER BY {order} LIMIT :limit) p
        JOIN task t ON t.id = p.id
        JOIN process_case c ON c.id = t.case_id
        LEFT JOIN record r ON r.id = c.record_id
        ORDER BY {outer}
    """  # noqa: S608 - put together from the constants of this module


# Looked up for the rows that are shown only.
_WRITER = """(
    SELECT q.name FROM task_presence tp JOIN person q ON q.id = tp.person_id
    WHERE tp.task_id = t.id AND tp.person_id <> :me AND tp.seen_at > :fresh ORDER BY tp.seen_at DESC LIMIT 1
)"""


def _counted(inner: str) -> str:
    return f"(SELECT count(*) FROM ({inner} LIMIT {COUNTED}) counted)"  # noqa: S608 - constants only


def _group(shape: Shape, condition: str) -> str:
    inner = f"SELECT 1 FROM {_source(shape)} WHERE {_conditions(shape)} AND {condition} LIMIT {COUNTED}"  # noqa: S608
    return _counted(_per_role(shape, inner) if shape.tab in PER_ROLE else inner.removesuffix(f" LIMIT {COUNTED}"))


@lru_cache(maxsize=512)
def _count_statement(shape: Shape | None, reach: Reach) -> Direct:
    return _bound(f"SELECT {', '.join(_count_columns(shape))}", reach)


@lru_cache(maxsize=512)
def _overview_statement(shape: Shape, grouped: bool, reach: Reach) -> Direct:
    columns = ", ".join(f"{text} AS n{place}" for place, text in enumerate(_count_columns(shape if grouped else None)))
    outer = ", ".join(f"rows.{part}" for part in _ORDER[shape.tab].split(", "))
    counted = f"(SELECT {columns}) counted"
    return _bound(
        f"SELECT counted.*, rows.* FROM {counted} LEFT JOIN ({_list_text(shape)}) rows ON true ORDER BY {outer}",  # noqa: S608
        reach,
    )


def _count_columns(shape: Shape | None) -> list[str]:
    whole = Shape("teams", due=False, high=False, process=False, role=False, text=False)
    teams = _group(whole, "true").replace(":roles", ":all_roles")
    escalated = _group(replace(whole, tab="escalated"), "true").replace(":roles", ":all_names")
    columns = [_counted(_MINE), _MINE_LATE, teams, escalated, _PUT_OFF]
    if shape is not None:
        if _is_whole(shape):
            for place in _SUMMED[shape.tab]:
                columns[place] = "0"
        later = f"least({COUNTED}, {_group(shape, 't.due_at >= :tomorrow')} + {_group(shape, 't.due_at IS NULL')})"
        columns += [
            _group(shape, "t.due_at < :now"),
            _group(shape, "t.due_at >= :now AND t.due_at < :tomorrow"),
            later,
        ]
    return columns


def _bound(statement: str, reach: Reach) -> Direct:
    if reach.stands_in:
        statement = statement.replace(*_FOR_OTHERS)
    if reach.limited:
        for column in ("t.role", "t.escalated_to"):
            within = f"{column} = split_part(wanted.role, '@', 1) AND {_WITHIN}"
            statement = statement.replace(f"{column} = wanted.role", within)
    return Direct(text(statement))


# Places of the counts that are the sums of a whole tab's groups.
_SUMMED: dict[Tab, tuple[int, ...]] = {"mine": (0, 1), "teams": (2,), "escalated": (3,)}
_MINE = f"SELECT 1 FROM task t WHERE {_WHOSE['mine']}"  # noqa: S608
_PUT_OFF = _counted(f"SELECT 1 FROM task t WHERE {_WHOSE['put_off']}")  # noqa: S608
_MINE_LATE = _counted(f"{_MINE} AND t.due_at < :now")


@lru_cache
def _assigned_statement(reach: Reach) -> Direct:
    return _bound(f"SELECT {_counted(_MINE)}, {_MINE_LATE}", reach)
