"""What a case pins at its start: the versions of its diagram and of everything that this may call."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.errors import Message, NotFound, Problem, Refused
from app.expressions import Decision
from app.forms import Form
from app.processes.compiled import compile_published
from app.processes.definition import Diagram
from app.processes.library import Library, Snapshot
from app.processes.records import Bundle
from app.processes.versions import CHANGED, Version, contents_of, versions_of

REMEMBERED = 256
_MINE = "new_bundles"


@dataclass(frozen=True, eq=False)
class BundleContents:
    """A bundle, read and ready to run; immutable, shared by all cases that pinned it, compared by identity.

    `numbers` maps diagram keys, `form_numbers` form references and `decision_numbers` decision ids to the numbers of
    their versions.
    """

    id: int
    hash: str
    key: str
    diagrams: dict[str, Diagram]
    xml: dict[str, bytes]
    forms: dict[str, Form]
    decisions: dict[str, Decision]
    numbers: dict[str, int]
    form_numbers: dict[str, int] = field(default_factory=dict)
    decision_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def diagram(self) -> Diagram:
        """The diagram that the case runs."""
        return self.diagrams[self.key]


def closure(snapshot: Snapshot, key: str) -> list[Version]:
    """Return the current versions of a diagram and all that it calls, shows and decides by; it may call itself.

    Raises:
        NotFound: the diagram is not published.
        Refused: something that it uses is not published.
    """
    snapshot.diagram(key)
    waiting, seen = [key], {key}
    members: dict[tuple[str, str], Version] = {}
    problems: list[Problem] = []
    while waiting:
        diagram = snapshot.diagrams[waiting.pop()]
        members["diagram", diagram.key] = diagram
        used = [(kind, name) for kind in ("diagram", "form", "decision") for name in diagram.meta[_USES[kind]]]
        for kind, name in used:
            version = snapshot.of_kind(kind).get(name)
            if version is None:
                message = f"Diagram '{diagram.key}' uses {kind} '{name}', which is not published."
                problems.append(Problem("not-published", message, f"Publish the {kind} first.", element=diagram.key))
            elif kind != "diagram":
                members[kind, name] = version
            elif name not in seen:
                seen.add(name)
                waiting.append(name)
    if problems:
        raise Refused(problems)
    return [members[name] for name in sorted(members)]


_USES = {"diagram": "calls", "form": "forms", "decision": "decisions"}


def pin(session: Session, library: Library, diagram: str) -> int:
    """Return the id of the bundle that a case of this diagram started now would run: usually one statement.

    Raises:
        NotFound: the diagram is not published.
        Refused: something that it uses is not published.
    """
    snapshot = library.current(session)
    if diagram in snapshot.bundles:
        return snapshot.bundles[diagram]
    members = closure(snapshot, diagram)
    lines = [diagram, *(f"{member.kind} {member.key} {member.number}" for member in members)]
    name = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    mine: set[int] = session.info.setdefault(_MINE, set())
    known = session.scalar(select(Bundle.id).where(Bundle.hash == name))
    if known is None:
        statement = insert(Bundle).values(
            hash=name, diagram=diagram, members=[member.id for member in members], created_at=clock.now()
        )
        known = session.scalar(statement.on_conflict_do_nothing().returning(Bundle.id))
        if known is not None:
            mine.add(known)
        else:
            known = session.scalars(select(Bundle.id).where(Bundle.hash == name)).one()
    if known not in mine and not session.info.get(CHANGED):
        # What this transaction has inserted may be rolled back; only what was found is sure to stay.
        snapshot.bundles[diagram] = known
    return known


class _Recent:
    """The contents of the bundles used last, of one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._contents: OrderedDict[int, BundleContents] = OrderedDict()

    def get(self, bundle_id: int) -> BundleContents | None:
        with self._lock:
            found = self._contents.get(bundle_id)
            if found is not None:
                self._contents.move_to_end(bundle_id)
            return found

    def keep(self, contents: BundleContents) -> BundleContents:
        """Keep it unless another thread was faster; return the one that all share."""
        with self._lock:
            shared = self._contents.setdefault(contents.id, contents)
            self._contents.move_to_end(contents.id)
            while len(self._contents) > REMEMBERED:
                self._contents.popitem(last=False)
            return shared


_recent: WeakKeyDictionary[Any, _Recent] = WeakKeyDictionary()
_recent_lock = Lock()


def contents(session: Session, bundle_id: int) -> BundleContents:
    """Return what a bundle holds, ready to run; read once per process.

    Raises:
        NotFound: there is no such bundle.
    """
    with _recent_lock:
        recent = _recent.setdefault(session.get_bind(), _Recent())
    return recent.get(bundle_id) or recent.keep(_read(session, bundle_id))


def _read(session: Session, bundle_id: int) -> BundleContents:
    bundle = session.get(Bundle, bundle_id)
    if bundle is None:
        raise NotFound(Message("There is no bundle {id}.", id=str(bundle_id)))
    versions = versions_of(session, bundle.members)
    stored = contents_of(session, bundle.members)
    parts: dict[str, dict[str, Any]] = {"diagram": {}, "form": {}, "decision": {}}
    for version in versions:
        parts[version.kind][version.key] = compile_published(version.kind, version.key, stored[version.id])
    numbers: dict[str, dict[str, int]] = {kind: {} for kind in parts}
    for version in versions:
        numbers[version.kind][version.key] = version.number
    return BundleContents(
        id=bundle.id,
        hash=bundle.hash,
        key=bundle.diagram,
        diagrams=parts["diagram"],
        xml={version.key: stored[version.id] for version in versions if version.kind == "diagram"},
        forms=parts["form"],
        decisions=parts["decision"],
        numbers=numbers["diagram"],
        form_numbers=numbers["form"],
        decision_numbers=numbers["decision"],
    )
