"""What is published now, remembered per process until somebody publishes again."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from app.errors import Message, NotFound
from app.processes.sources import Source, read_sources, relative_path
from app.processes.versions import CHANGED, Version, contents_of, current_versions, generation


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The current versions at one generation of the library; `bundles` remembers what was pinned at it."""

    generation: int
    diagrams: dict[str, Version]
    forms: dict[str, Version]
    decisions: dict[str, Version]
    processes: dict[str, Version]
    bundles: dict[str, int] = field(default_factory=dict, compare=False)

    def diagram(self, key: str) -> Version:
        """Return the current version of a diagram.

        Raises:
            NotFound: no diagram of this key is published.
        """
        if key not in self.diagrams:
            raise NotFound(Message("No diagram “{key}” is published.", key=key))
        return self.diagrams[key]

    def of_kind(self, kind: str) -> dict[str, Version]:
        """Return the current versions of a kind by their keys."""
        return {
            "diagram": self.diagrams,
            "form": self.forms,
            "decision": self.decisions,
            "process": self.processes,
        }[kind]

    def started_by(self, message: str) -> list[tuple[str, str]]:
        """Return the diagrams that a message of this name starts, each with its start event."""
        return [
            (key, version.meta["message_starts"][message])
            for key, version in self.diagrams.items()
            if message in version.meta.get("message_starts", {})
        ]


class Library:
    """The shipped files of one installation and the published versions in its database.

    `home` is the directory with `bpmn/` and `forms/`; `record_kinds` returns the kinds a diagram may name as `record`,
    each with the prefix of its numbers, `lists` the keys of the shared lists that a form may name. `follow` hears of
    all current diagrams when something was published, in the same transaction.
    """

    def __init__(
        self,
        home: Path,
        *,
        record_kinds: Callable[[], Mapping[str, str]] = dict,
        lists: Callable[[Session], Collection[str]] | None = None,
        follow: Callable[[Session, Iterable[Version]], None] | None = None,
    ) -> None:
        self.home = home
        self.follow = follow
        self.lists = lists
        self.record_kinds = record_kinds
        self._snapshots: WeakKeyDictionary[Any, Snapshot] = WeakKeyDictionary()

    def shipped(self) -> list[Source]:
        """Return the definition files below `home`."""
        return read_sources(self.home)

    def unpublished(self, session: Session) -> list[Source]:
        """Return the shipped files whose key was never published: what start-up publishes."""
        snapshot = self.current(session)
        return [source for source in self.shipped() if source.key not in snapshot.of_kind(source.kind)]

    def seen(self, session: Session) -> Snapshot | None:
        """Return what was published when this process looked last, without asking; None when it must look.

        Whoever goes by it compares its generation with the database's when they store what follows from it.
        """
        return None if session.info.get(CHANGED) else self._snapshots.get(session.get_bind())

    def current(self, session: Session) -> Snapshot:
        """Return what is published: one statement when nothing has changed since the last look."""
        number = generation(session)
        if session.info.get(CHANGED):
            # This transaction has published and may yet be rolled back: nobody else may learn of it.
            return _load(session, number)
        known = self._snapshots.get(session.get_bind())
        if known is None or known.generation != number:
            known = _load(session, number)
            self._snapshots[session.get_bind()] = known
        return known


def _load(session: Session, number: int) -> Snapshot:
    kinds: dict[str, dict[str, Version]] = {"diagram": {}, "form": {}, "decision": {}, "process": {}}
    for version in current_versions(session):
        kinds[version.kind][version.key] = version
    return Snapshot(number, kinds["diagram"], kinds["form"], kinds["decision"], kinds["process"])


def export(session: Session, directory: Path) -> list[Path]:
    """Write all current definitions below `directory`, byte for byte as published; return the written files.

    Files of other names are left alone.
    """
    versions = current_versions(session)
    contents = contents_of(session, [version.id for version in versions])
    written: list[Path] = []
    for version in versions:
        path = directory / relative_path(version.kind, version.key, version.area)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(contents[version.id])
        written.append(path)
    return written
