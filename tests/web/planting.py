"""A secret that some may not know of: all that can hang to a record, with words and numbers found nowhere else."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.domain.desk import presence
from app.domain.desk.answers import Draft, save
from app.domain.incidents.records import Incident
from app.domain.notifications.records import Notification, Webhook, WebhookDelivery
from app.domain.people import accounts, assignments
from app.domain.people.assignments import Wish
from app.domain.people.records import Person, Team
from app.domain.records import comments, links, tags, watching
from app.domain.records.files import attach, store_file
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.records import Record, RecordLink, Tag
from app.domain.records.writer import Trace
from app.engine import messages
from app.engine.records import Case
from app.insight.access import Viewer
from app.insight.lists import saved
from app.insight.lists.state import ListState
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import ask, draw, form
from tests.stage import text as line
from tests.web.house import MANAGER, STAFF, Places
from tests.web.office import Office

LIMITED = "Tomas Weiss"
# Where ids and numbers of what is secret begin, so that they are known wherever they stand.
IDS, NUMBERS = 880_000_000_000, 77_760
WORDS = (
    "mirabelkraut", "quaxolotl", "zwergpinguin", "haferdrache", "nebelkoffer", "funkelrabe", "trollbecher",
    "ginsterwal", "polkaspinat", "wirbelfisch", "nachtgurke", "blinkwurz", "ottervlies", "tundrakeks", "salzeule",
)  # fmt: skip
(TITLE, STORY, CUSTOM, NOTE, REPLY, FILE, INSIDE, TAG, FILTER, ANSWER, DRAFT, MAIL, KEY, KNOWN, CUSTOM_NAME) = WORDS


@dataclass(frozen=True)
class Secret:
    """What addresses and answers may name of it; `seen` are a record and a task that some outsiders do know of."""

    record: str
    record_id: str
    case: str
    task: str
    known: str
    file: str
    kept: str
    answer: str
    link: str
    tag: str
    said: str
    told: str
    hook: str
    sent: str
    seen: str
    seen_task: str

    @property
    def traces(self) -> tuple[str, ...]:
        """What must not stand in any answer to outsiders; ids all begin alike."""
        return (*WORDS, self.record, self.case, self.known, str(IDS)[:9])


def plant(house: Office) -> Secret:
    """Plant it: an incident of Anna Novak's with its case, and a known error; both hang to a record that others see."""
    asks = f'<startEvent id="s">{extensions(form="conceal")}</startEvent>'
    hidden = asks + user("look") + end() + flows("s look e")
    house.publish(
        draw("hidden", hidden, record="incident", start_roles="incidents.process_staff"),
        form("conceal", line("title"), ask("textarea", "description"), ask("textfield", "seal"),
             ask("filepicker", "attachments", multiple=True)),
    )  # fmt: skip
    seen = Places(house)
    shown, seen_task, seen_case = seen["record"], seen["help"], house.case(seen["case"]).id
    merged = Places(house)["record"]
    with house.parts.database.transaction() as session:
        person: Person = accounts.create_person(session, login="tomas.weiss", name=LIMITED)
        house.people[LIMITED] = person.id
        storage = session.scalars(select(Record).where(Record.kind == "service")).one()
        wish = Wish("incidents.process_staff", person_id=person.id, service_id=storage.id)
        assignments.assign(session, wish, actor_id=None)
        before = _move_sequences(session)
    sent = {"title": TITLE, "description": STORY, "seal": CUSTOM}
    upload = {"attachments~upload": (f"{INSIDE}.txt", f"a {FILE}".encode())}
    answer = house.browser(STAFF).post("/start/hidden", sent, files=upload)
    assert answer.status_code == 303, answer.text
    with house.parts.database.transaction() as session:
        case = session.scalars(select(Case.number).order_by(Case.id.desc())).first() or ""
    task = house.task(case, "look").id
    house.browser(STAFF).post(f"/work/tasks/{task}", {"diagnosis": DRAFT, "_form": "draft"})
    house.browser(STAFF).post(f"/work/tasks/{task}/claim")
    house.report("Also broken", by=STAFF)
    with house.parts.database.transaction() as session:
        found = _hang_together(house, session, house.case(case), shown, merged, seen_case)
        presence.touch(session, task, house.people[STAFF])
    house.browser(STAFF).post(f"/records/incident/{merged}/merge", {"into": found["record_id"], "reason": "the same"})
    with house.parts.database.transaction() as session:
        for name, value in before.items():
            session.execute(text(f"SELECT setval('{name}', :value)"), {"value": value})
    return Secret(case=case, task=str(task), seen=shown, seen_task=str(seen_task), **found)


def _move_sequences(session: Any) -> dict[str, int]:
    rows = session.execute(
        text("SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' ORDER BY 1")
    ).all()
    # That somebody holds a role for something is told; only for what is not.
    rows = [row for row in rows if row.sequencename != "role_assignment_id_seq"]
    for row in rows:
        begin = NUMBERS if "_number_" in row.sequencename else IDS
        session.execute(text(f"SELECT setval('{row.sequencename}', :value)"), {"value": begin})
    return {row.sequencename: row.last_value or 1 for row in rows}


def _hang_together(house: Office, session: Any, case: Case, shown: str, merged: str, seen_case: int) -> dict[str, str]:
    """Give the secret record all that a record can have."""
    records, anna = house.parts.records, house.people[STAFF]
    trace = Trace(anna)
    secret = records.locked(session, "incident", case.record_id)
    other = session.scalars(select(Incident).where(Incident.number == shown)).one()
    known_id, known = records.create(
        session, "known_error", title=KNOWN, requester_id=None, owner_id=None, values={"workaround": KNOWN},
        actor_id=None, case_id=None, element="",
    )  # fmt: skip
    for kind in ("service_request", "action"):
        records.create(
            session, kind, title=KNOWN, requester_id=anna, owner_id=anna, values={"description": STORY}, actor_id=anna,
            case_id=None, element="",
        )  # fmt: skip
    visible = records.locked(session, "incident", other.id)
    records.change(session, visible, {"known_error": known_id}, trace)
    records.change(session, secret, {CUSTOM_NAME: CUSTOM}, trace)
    said = comments.add_comment(session, records, secret, NOTE, trace=trace)
    comments.add_comment(session, records, secret, REPLY, trace=trace, public=True)
    file = store_file(session, FILE.encode(), f"{FILE}.txt", limit_mb=1, uploaded_by_id=anna)
    attach(session, [file.id], record_id=secret.id, task_id=None, uploaded_by_id=anna)
    tags.add_tag(session, records, secret, TAG, trace)
    watching.watch(session, records, secret, house.people[MANAGER], trace)
    for kind, ends in (("related_to", (secret.id, other.id)), ("caused_by", (other.id, secret.id))):
        links.add_link(session, records, LINK_TYPES[kind], *ends, trace)
    link = session.scalars(select(RecordLink.id).where(RecordLink.source_id == secret.id)).first()
    session.get_one(Case, seen_case).parent_id = case.id
    manager = Viewer(house.people[MANAGER], frozenset({"incidents.process_manager"}))
    kept = saved.keep(session, manager, "incident", FILTER, "incidents.process_manager", ListState(text=TITLE))
    texts = {"en": ANSWER, "de": ANSWER}
    answer = save(session, None, Draft(ANSWER, "incidents", None, texts), actor_id=house.people[MANAGER])
    news = Notification(
        case_id=case.id, person_id=anna, address="anna.novak@example.org", template="message", subject=MAIL,
        body=MAIL, data={"excerpt": MAIL}, key=MAIL, status="sent", created_at=clock.now(), event="case.stuck",
        path=f"/cases/{case.number}", shown=True,
    )  # fmt: skip
    hook = Webhook(
        person_id=anna, url=f"https://example.org/{MAIL}", events=["case.stuck"], secret=b"x", created_at=clock.now()
    )
    session.add_all([news, hook])
    session.flush()
    sent = WebhookDelivery(
        webhook_id=hook.id, identity=MAIL, key=MAIL, event="case.stuck", payload={"data": {}}, notification_id=news.id,
        status="failed", created_at=clock.now(),
    )  # fmt: skip
    session.add(sent)
    session.flush()
    messages.send(house.parts.engine, session, "alert.raised", KEY, {"text": KEY}, identity=KEY, sender_case_id=case.id)
    # Who holds a role for the secret record alone stands in the lists of roles that others read.
    wish = Wish("problems.process_staff", person_id=house.people["Ben Osei"], record_id=secret.id, reason=NOTE)
    assignments.assign(session, wish, actor_id=None)
    vendors = session.scalars(select(Team).where(Team.key == "vendors")).one()
    records.change(session, secret, {"team": vendors.id}, trace)
    return {
        "record": secret.number, "record_id": str(secret.id), "known": known, "file": str(file.id),
        "said": str(said.id), "told": str(news.id), "hook": str(hook.id), "sent": str(sent.id),
        "kept": str(kept.id), "answer": str(answer.id), "link": str(link),
        "tag": str(session.scalars(select(Tag.id).where(Tag.name == TAG)).one()),
    }  # fmt: skip
