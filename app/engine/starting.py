"""How a case begins: what it is about, whether the answers fit, and its first step."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.engine import saving
from app.engine.advance import new_workflow
from app.engine.answers import TITLE_ALONE, attach_files, checked, start_form
from app.engine.engine import Engine
from app.engine.ports import Actor
from app.engine.program import Program
from app.engine.records import Case
from app.engine.step import Outcome, Step
from app.errors import Conflict, Forbidden, Invalid, Message, NotFound
from app.expressions import ExpressionError, parse
from app.forms import Form
from app.processes.bundle import BundleContents, contents, pin
from app.processes.definition import Diagram
from app.processes.roles import ANYONE


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a case begins with: its pinned bundle, start event and form, and the answers that were found to fit.

    `triggered` is the start event if a message or the time triggered it. `declared` goes to the record, `variables` to
    the case; `record_id` is the existing record that it is about.
    """

    bundle: BundleContents
    triggered: str | None
    element: str
    form: Form
    declared: dict[str, Any]
    variables: dict[str, Any]
    record_id: int | None
    title: str


def may_start(start_roles: Iterable[str], actor: Actor) -> bool:
    """Tell whether the actor holds one of a diagram's start roles."""
    roles = set(start_roles)
    return bool(roles) and (actor.administrator or ANYONE in roles or bool(actor.roles & roles))


def start_case(
    engine: Engine,
    session: Session,
    diagram_key: str,
    actor: Actor | None,
    values: dict[str, Any],
    *,
    record_id: int | None = None,
    start_element: str | None = None,
    payload: dict[str, Any] | None = None,
    parent_id: int | None = None,
) -> Outcome:
    """Start a case of a diagram's current version and run it to its first wait.

    Args:
        actor: who starts it; None for the clock and for messages.
        values: answers to the start form; without a start form only `title` is taken.
        record_id: an existing record that the case is about; otherwise one of the diagram's kind is created. One of
            another kind is refused to a person and left aside when a message names it.
        start_element: the start event that was triggered; the none start event without it.
        payload: what the triggering message carried, becomes case data.
        parent_id: the case that sent the triggering message.

    Raises:
        NotFound: no diagram of this key is published.
        Forbidden: the actor holds none of the start roles.
        Conflict: the diagram has no start by hand.
        Invalid: the values do not fit the start form, or the record does not fit the diagram.
        BusinessError: a rule says no and the diagram has no answer to it; nothing is stored.
    """
    seen = engine.library.seen(session)
    pinned = seen.bundles.get(diagram_key) if seen is not None else None
    bundle_id = pinned if pinned is not None else pin(session, engine.library, diagram_key)
    try:
        begun = _beginning(engine, session, bundle_id, actor, values, record_id, start_element, payload)
        case, generation = _stored(session, begun, actor, parent_id)
    except (Conflict, Forbidden, Invalid, NotFound):
        # What speaks against it may be of yesterday: this process has not asked yet whether something was published.
        if pinned is None or engine.library.current(session) is seen:
            raise
        outdated = True
    else:
        outdated = pinned is not None and seen is not None and seen.generation != generation
        if outdated:
            saving.undo(session, case)
            engine.library.current(session)
    if outdated:
        return start_case(
            engine, session, diagram_key, actor, values, record_id=record_id, start_element=start_element,
            payload=payload, parent_id=parent_id,
        )  # fmt: skip
    return _first_step(engine, session, case, begun, actor, payload)


def _beginning(
    engine: Engine,
    session: Session,
    bundle_id: int,
    actor: Actor | None,
    values: dict[str, Any],
    record_id: int | None,
    start_element: str | None,
    payload: dict[str, Any] | None,
) -> Beginning:
    """Check whether and with what a case may begin; nothing is stored. Arguments and errors: as of `start_case`."""
    bundle = contents(session, bundle_id)
    diagram = bundle.diagram
    if actor is not None and not may_start(diagram.start_roles, actor):
        raise Forbidden(Message("Your roles do not let you start “{name}”.", name=Message(diagram.name)))
    none_start, form = start_form(bundle)
    if start_element is None and none_start is None:
        raise Conflict(Message("“{name}” is started by a message or on time, not by hand.", name=Message(diagram.name)))
    form = form or TITLE_ALONE
    declared, variables = dict(values), dict[str, Any]()
    if start_element is None:
        declared, variables = checked(engine, session, form, values, actor, record_id)
    record_id = _subject(engine, session, diagram, record_id, by_hand=actor is not None)
    title = str(declared.get("title") or _title(diagram, declared | variables | (payload or {})))
    element = start_element or none_start or ""
    return Beginning(bundle, start_element, element, form, declared, variables, record_id, title)


def _stored(session: Session, begun: Beginning, actor: Actor | None, parent_id: int | None) -> tuple[Case, int]:
    """Store the case; return it with the library's generation at that moment."""
    now, diagram = clock.now(), begun.bundle.diagram
    return saving.begin(
        session, now.year,
        diagram=diagram.key, area=diagram.area, diagram_version=begun.bundle.numbers[diagram.key],
        bundle_id=begun.bundle.id, record_id=begun.record_id, title=begun.title, status="running", state=b"", waits={},
        requester_id=actor.person_id if actor else None, parent_id=parent_id, started_at=now, journal_length=0,
    )  # fmt: skip


def _first_step(
    engine: Engine, session: Session, case: Case, begun: Beginning, actor: Actor | None, payload: dict[str, Any] | None
) -> Outcome:
    """Create the record that the case is about unless there is one, and run the case to its first wait."""
    diagram, element, declared = begun.bundle.diagram, begun.element, begun.declared
    actor_id = actor.person_id if actor else None
    if diagram.record and begun.record_id is None:
        case.record_id, _ = engine.records.create(
            session, diagram.record, title=begun.title, requester_id=actor_id, owner_id=None,
            values=declared, actor_id=actor_id, case_id=case.id, element=element, prefix=diagram.number_prefix,
        )  # fmt: skip
    workflow = new_workflow(Program.of(begun.bundle), begun.variables | (payload or {}), begun.triggered, payload)
    step = Step(engine, session, case, begun.bundle, workflow, actor, by_form=actor is not None)
    step.note("case.started", element, {"diagram": diagram.key, "version": case.diagram_version}, {"values": declared})
    step.touch()
    if begun.record_id is not None:
        step.write_record(declared, element)
    attach_files(step, begun.form, declared, None)
    return step.run()


def _subject(engine: Engine, session: Session, diagram: Diagram, record_id: int | None, *, by_hand: bool) -> int | None:
    """Return the record that a case may be about: one of the kind that its diagram works with."""
    if record_id is None:
        return None
    try:
        if diagram.record in ("", engine.records.kind_of(session, record_id)):
            return record_id
    except NotFound:
        pass
    if by_hand:
        told = Message(
            "“{name}” works with records of the kind “{kind}”.", name=Message(diagram.name), kind=diagram.record
        )
        raise Invalid({"record": [told]})
    return None


def _title(diagram: Diagram, known: dict[str, Any]) -> str:
    """Return what a case is called that nobody has given a title; at worst by the name of its diagram."""
    try:
        found = parse(diagram.title).evaluate(known) if diagram.title else ""
    except ExpressionError:
        found = ""
    return str(found or diagram.name)[:300]
