"""Tasks that were put off: away from the list until their moment, never hidden once they are overdue."""

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.engine.putting_off import put_off
from app.engine.records import Task
from app.insight import inbox
from app.insight.access import Viewer
from app.insight.inbox import Filter, Tab
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, draw, form, text

NOW = datetime(2026, 3, 11, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOMORROW = NOW + 12 * HOUR


@pytest.fixture
def tasks(stage: Stage) -> dict[str, int]:
    """Tasks of Anna Novak: one plain, three put off for two hours, of which two are due before."""
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e")), form("look", text("title")))
    found: dict[str, int] = {}
    for name, due in (("plain", None), ("quiet", None), ("due soon", HOUR), ("due later", 3 * HOUR)):
        case_id = stage.start(values={"title": name})
        [task] = stage.tasks("open", case_id)
        with stage.parts.database.transaction() as session:
            session.get_one(Task, task.id).due_at = NOW + due if due else None
        with clock.at(NOW):
            stage.on_task(put_off, task.id, "Anna Novak", None if name == "plain" else NOW + 2 * HOUR)
        found[name] = task.id
    return found


def shown(stage: Stage, tab: Tab, now: datetime) -> tuple[list[str], int, int]:
    """The titles in a tab and how many the tabs say there are: assigned, put off."""
    viewer = Viewer.of(stage.who("Anna Novak"))
    with clock.at(now), stage.parts.database.transaction() as session:
        listing, counts = inbox.overview(session, viewer, Filter(tab), None, now, TOMORROW)
        alone = inbox.listing(session, viewer, Filter(tab))
        badge = inbox.assigned(session, viewer, now)
    assert alone == listing
    assert badge.total == counts.mine
    return [row.title for row in listing.rows], counts.mine, counts.put_off


def test_a_task_leaves_the_list_and_comes_back_by_itself(stage: Stage, tasks: dict[str, int]) -> None:
    assert shown(stage, "mine", NOW) == (["plain"], 1, 3)
    assert shown(stage, "put_off", NOW) == (["quiet", "due soon", "due later"], 1, 3)
    assert shown(stage, "mine", NOW + 2 * HOUR) == (["due soon", "due later", "plain", "quiet"], 4, 0)


def test_what_is_overdue_is_never_hidden(stage: Stage, tasks: dict[str, int]) -> None:
    assert shown(stage, "mine", NOW + HOUR + timedelta(seconds=1)) == (["due soon", "plain"], 2, 2)


def test_pages_of_what_is_put_off_follow_one_another(stage: Stage, tasks: dict[str, int]) -> None:
    viewer, found, after = Viewer.of(stage.who("Anna Novak")), [], None
    with clock.at(NOW), stage.parts.database.transaction() as session:
        while True:
            page = inbox.listing(session, viewer, Filter("put_off"), after, limit=1)
            found += [row.id for row in page.rows]
            if page.next is None:
                break
            after = page.next
    assert found == [tasks[name] for name in ("quiet", "due soon", "due later")]
