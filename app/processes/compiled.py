"""Turns the bytes of a definition into what runs: a diagram, form, decision or process description."""

from functools import lru_cache
from typing import Any

from app.expressions import Decision, load_decision
from app.forms import Form, load_form
from app.processes.definition import Diagram, read_diagram
from app.processes.process_description import ProcessDescription, load_process
from app.processes.sources import Kind, Source

Compiled = Diagram | Form | Decision | ProcessDescription


def compile_source(source: Source) -> Compiled:
    """Read one file.

    Raises:
        StellwerkError: it is not what its kind promises (usually `Refused` with all problems).
    """
    match source.kind:
        case "diagram":
            return read_diagram(source.content, source.file)
        case "form":
            return load_form(source.content, source.key, source.file)
        case "decision":
            return load_decision(source.content, source.file)
        case "process":
            return load_process(source.content, source.file)


@lru_cache(maxsize=2048)
def compile_published(kind: Kind, key: str, content: bytes) -> Any:
    """Read what was published; the same bytes are read once per process, whatever bundle they belong to."""
    return compile_source(Source(kind, key, "", content))


def name_of(compiled: Compiled) -> str:
    """Return the name that lists show."""
    return compiled.title if isinstance(compiled, Form) else compiled.name


def meta_of(compiled: Compiled) -> dict[str, Any]:
    """Return what lists and checks need without reading the content, as JSON."""
    match compiled:
        case Diagram():
            return compiled.meta()
        case Form():
            return {"keys": sorted(compiled.keys), "references": sorted(compiled.references)}
        case Decision():
            return {"hit_policy": compiled.hit_policy}
        case ProcessDescription():
            return compiled.model_dump(mode="json")
