"""Publishing: files become immutable versions, all of them or none."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.database.numbers import make_sequence
from app.errors import Problem, Refused
from app.operations import Registry
from app.processes.compiled import meta_of, name_of
from app.processes.definition import Diagram
from app.processes.draft import Draft
from app.processes.examine import Parser, examine
from app.processes.library import Library
from app.processes.sources import Kind, Source
from app.processes.versions import Version, contents_of, current_versions, digest, lock_library, next_generation, store


@dataclass(frozen=True, slots=True)
class Published:
    """What became of one file: the number that is current now, and whether this publishing made it.

    `warnings` are problems that do not keep it from running.
    """

    kind: Kind
    key: str
    number: int
    changed: bool
    warnings: tuple[Problem, ...] = ()


def publish(
    session: Session,
    library: Library,
    sources: Sequence[Source],
    *,
    parser: Parser,
    registry: Registry,
    by: int | None = None,
    note: str = "",
) -> list[Published]:
    """Make the given files the current versions, after checking them together with what is published already.

    Publishers wait for one another. A file with the content of the current version makes no new one; nothing is
    removed; to roll back, publish the old content again. Running cases keep what they have pinned.

    Args:
        by: who publishes; None for the installation itself.
        note: why, for the history.

    Raises:
        Refused: with every problem of every file; nothing is stored.
    """
    lock_library(session)
    versions = {(version.kind, version.key): version for version in current_versions(session)}
    same = [source for source in sources if _is_current(source, versions)]
    changed = [source for source in sources if source not in same]
    draft = Draft(changed, _published(session, versions), _diagrams(versions))
    lists = library.lists(session) if library.lists else None
    problems = examine(draft, parser=parser, registry=registry, record_kinds=library.record_kinds(), lists=lists)
    if any(problem.severity == "error" for problem in problems):
        raise Refused(problems)
    answers: dict[tuple[str, str], Published] = {}
    for source in changed:
        compiled = draft.compiled[source.kind, source.key]
        number = store(
            session, source.kind, source.key, source.content,
            name=name_of(compiled), area=draft.area_of(source), meta=meta_of(compiled), by=by, note=note,
        )  # fmt: skip
        if isinstance(compiled, Diagram) and compiled.number_prefix:
            make_sequence(session, compiled.number_prefix)
        warnings = tuple(problem for problem in problems if problem.file == source.file)
        answers[source.kind, source.key] = Published(source.kind, source.key, number, True, warnings)
    for source in same:
        number = versions[source.kind, source.key].number
        answers[source.kind, source.key] = Published(source.kind, source.key, number, False)
    if changed:
        next_generation(session)
        if library.follow:
            library.follow(session, library.current(session).diagrams.values())
    return [answers[source.kind, source.key] for source in sources]


def check(
    sources: Sequence[Source],
    *,
    parser: Parser,
    registry: Registry,
    record_kinds: Mapping[str, str],
    session: Session | None = None,
) -> list[Problem]:
    """Return what publishing these files would find, without storing anything.

    Without a session they are looked at on their own, as a fresh installation would.
    """
    versions = {(version.kind, version.key): version for version in current_versions(session)} if session else {}
    published = _published(session, versions) if session else lambda kind, key: None
    draft = Draft(sources, published, _diagrams(versions))
    return examine(draft, parser=parser, registry=registry, record_kinds=record_kinds)


def _is_current(source: Source, versions: dict[tuple[Kind, str], Version]) -> bool:
    version = versions.get((source.kind, source.key))
    return version is not None and version.hash == digest(source.content)


def _diagrams(versions: dict[tuple[Kind, str], Version]) -> list[Version]:
    return [version for (kind, _), version in versions.items() if kind == "diagram"]


def _published(
    session: Session, versions: dict[tuple[Kind, str], Version]
) -> Callable[[Kind, str], tuple[Version, bytes] | None]:
    """Return a way to look up what is published, reading each content when it is first needed."""
    contents: dict[int, bytes] = {}

    def look_up(kind: Kind, key: str) -> tuple[Version, bytes] | None:
        version = versions.get((kind, key))
        if version is None:
            return None
        if version.id not in contents:
            contents.update(contents_of(session, [version.id]))
        return version, contents[version.id]

    return look_up
