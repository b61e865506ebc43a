"""Files that are to be published, laid over what is published already."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from app.errors import Problem, Refused, StellwerkError
from app.expressions import Decision
from app.forms import Form
from app.processes.compiled import Compiled, compile_published, compile_source
from app.processes.definition import Diagram
from app.processes.safe_xml import MAX_BYTES
from app.processes.sources import KEY, Kind, Source, is_key
from app.processes.versions import Version

Published = Callable[[Kind, str], tuple[Version, bytes] | None]


class Draft:
    """Files that are to be published, over what is published: each lookup finds the newer one.

    `published` finds the current version of a key with its content; `diagrams` are all current diagrams.
    """

    def __init__(self, sources: Sequence[Source], published: Published, diagrams: Sequence[Version] = ()) -> None:
        self.sources = sources
        self.published = published
        self.diagrams = diagrams
        self.compiled: dict[tuple[Kind, str], Compiled] = {}
        self.broken: set[tuple[Kind, str]] = set()
        self.problems: list[Problem] = []
        seen: dict[tuple[Kind, str], str] = {}
        for source in sources:
            name = (source.kind, source.key)
            problems = _of_name(source, seen.get(name)) or self._read(source)
            seen.setdefault(name, source.file)
            if problems:
                self.broken.add(name)
                self.problems += problems

    def diagram(self, key: str) -> Diagram | None:
        """Return the diagram that will be current."""
        found = self._find("diagram", key)
        return found if isinstance(found, Diagram) else None

    def is_diagram(self, key: str) -> bool:
        """Tell whether a diagram of this key is given or published, even if it cannot be read now."""
        return ("diagram", key) in self.broken or self.diagram(key) is not None

    def form(self, reference: str) -> Form | None:
        """Return the form that will be current."""
        found = self._find("form", reference)
        return found if isinstance(found, Form) else None

    def decision(self, key: str) -> Decision | None:
        """Return the decision table that will be current."""
        found = self._find("decision", key)
        return found if isinstance(found, Decision) else None

    def users(self) -> list[Version]:
        """Return the published diagrams that use one of the given files and are not given themselves."""
        uses: dict[Kind, str] = {"diagram": "calls", "form": "forms", "decision": "decisions"}
        given = set(self.compiled)
        return [
            version
            for version in self.diagrams
            if ("diagram", version.key) not in given | self.broken
            and any((kind, name) in given for kind, meta in uses.items() for name in version.meta[meta])
        ]

    def xml(self, key: str) -> dict[str, bytes]:
        """Return the files of a diagram and of all that it calls, by their keys."""
        contents = {source.key: source.content for source in self.sources if source.kind == "diagram"}
        files: dict[str, bytes] = {}
        waiting = [key]
        while waiting:
            name = waiting.pop()
            diagram = self.diagram(name)
            if diagram is None or name in files:
                continue
            known = self.published("diagram", name)
            files[name] = contents.get(name) or (known[1] if known else b"")
            waiting += sorted(diagram.calls)
        return files

    def area_of(self, source: Source) -> str:
        """Return the area that a file belongs to; an unplaced decision stays where it is."""
        compiled = self.compiled.get((source.kind, source.key))
        if isinstance(compiled, Diagram):
            return compiled.area
        if source.kind == "form":
            return source.key.split("/")[0]
        if source.kind == "process":
            return source.key
        known = self.published(source.kind, source.key)
        return source.folder or (known[0].area if known else "shared")

    def _find(self, kind: Kind, key: str) -> Any:
        compiled = self.compiled.get((kind, key))
        if compiled is not None:
            return compiled
        known = self.published(kind, key)
        return compile_published(kind, key, known[1]) if known else None

    def _read(self, source: Source) -> list[Problem]:
        try:
            compiled = compile_source(source)
        except Refused as refusal:
            return [replace(problem, file=problem.file or source.file) for problem in refusal.problems]
        except StellwerkError as error:
            line = int(getattr(error, "line", 0) or 0)
            return [
                Problem(f"bad-{source.kind}", error.message, "Correct it and publish again.", source.file, "", line)
            ]
        problems = _of_place(source, compiled)
        if not problems:
            self.compiled[source.kind, source.key] = compiled
        return problems


def _of_name(source: Source, earlier: str | None) -> list[Problem]:
    if not is_key(source.kind, source.key):
        message = f"'{source.key[:80]}' cannot name a {source.kind}."
        advice = "Names are small letters, digits and underscores; a form's name is <area>/<form>."
        return [Problem("bad-key", message, advice, source.file)]
    if earlier is not None:
        message = f"The {source.kind} '{source.key}' stands in '{earlier}' already."
        return [Problem("duplicate-key", message, "Keys are unique over all areas; rename one.", source.file)]
    if len(source.content) > MAX_BYTES:
        message = f"The file has {len(source.content)} bytes; {MAX_BYTES} are allowed."
        return [Problem("file-size", message, "Divide it.", source.file)]
    return []


def _of_place(source: Source, compiled: Compiled) -> list[Problem]:
    """Check that a file lies where its content says it belongs."""
    match compiled:
        case Diagram():
            if not KEY.fullmatch(compiled.area):
                message = f"The process has no area, or an impossible one ('{compiled.area}')."
                advice = "Set the property 'area' of the process to the name of its folder."
            elif source.folder not in ("", compiled.area):
                message = f"The process belongs to area '{compiled.area}' but lies in '{source.folder}'."
                advice = "Move the file, or change the property 'area'."
            elif compiled.key != source.key:
                message = f"The process id '{compiled.key}' is not '{source.key}'."
                advice = "Give the process the id that the file is named after."
            else:
                return []
            return [Problem("area", message, advice, source.file, compiled.key, compiled.line)]
        case Decision() if compiled.id != source.key:
            message = f"The decision's id '{compiled.id}' is not the file name '{source.key}'."
            advice = "Give the decision the id that the file is named after."
            return [Problem("decision-id", message, advice, source.file, compiled.id)]
        case _:
            return []
