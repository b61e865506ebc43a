"""Diagrams, forms and decisions named on the command line."""

import dataclasses
import json
from pathlib import Path

from app.errors import NotFound, Problem, Refused
from app.processes.library import Library
from app.processes.sources import Source, read_source, read_sources
from app.settings import Settings


def collect(library: Library, paths: list[Path]) -> list[Source]:
    """Return what lies at these paths; without any, all shipped files.

    A folder may be one with `bpmn/` and `forms/`, or any folder with definition files.

    Raises:
        NotFound: there is nothing at a path.
        Refused: a file cannot be read or is of no known kind.
    """
    if not paths:
        return library.shipped()
    sources: dict[tuple[str, str], Source] = {}
    for path in paths:
        for source in _at(path):
            sources[source.kind, source.key] = source
    return list(sources.values())


def _at(path: Path) -> list[Source]:
    if path.is_file():
        return [read_source(path, Path.cwd())]
    if not path.is_dir():
        raise NotFound(f"There is no file or folder {path}.")
    found = read_sources(path)
    if not found:
        files = sorted(path.rglob("*.bpmn")) + sorted(path.rglob("*.dmn")) + sorted(path.rglob("*.form"))
        found = [read_source(file, Path.cwd()) for file in files]
    if not found:
        raise NotFound(f"There are no diagrams, forms or decisions in {path}.")
    return found


def check_files(settings: Settings, paths: list[Path]) -> list[Problem]:
    """Return all problems of the files, together with the shipped ones that they refer to."""
    from app.bootstrap import build
    from app.processes.publish import check
    from app.web.i18n import label_in

    # Checking asks the database nothing, so none has to be there.
    parts = build(settings, settings.database_url or "postgresql+psycopg://", say=label_in)
    try:
        named = collect(parts.library, paths)
        shipped = {(source.kind, source.key): source for source in parts.library.shipped()} if paths else {}
        everything = shipped | {(source.kind, source.key): source for source in named}
        problems = check(
            list(everything.values()),
            parser=parts.parser,
            registry=parts.registry,
            record_kinds=parts.library.record_kinds(),
        )
    except Refused as error:
        return error.problems
    files = {source.file for source in named}
    return [problem for problem in problems if problem.file in files or not problem.file]


def findings_as_json(problems: list[Problem]) -> str:
    """Return the problems as a JSON list of objects with their fields' names."""
    return json.dumps([dataclasses.asdict(problem) for problem in problems], indent=2)
