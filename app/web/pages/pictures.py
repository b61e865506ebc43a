"""Where a case is: its diagram with the path taken, and the same as an outline in words."""

from dataclasses import dataclass, field

from sqlalchemy import select

from app.engine.place import place
from app.engine.program import Program
from app.engine.records import Case
from app.engine.serializer import restore
from app.engine.work import Place
from app.processes.bundle import BundleContents, contents
from app.processes.definition import Diagram
from app.processes.outline import OutlineItem, outline
from app.web.content import diagram_here
from app.web.dependencies import Visit, query
from app.web.i18n import gettext as _
from app.web.i18n import here, label


@dataclass(slots=True)
class OutlineLine:
    """One line of the outline; `look` is `done`, `now`, `failed`, `lane` or empty."""

    number: str
    depth: int
    text: str
    look: str


@dataclass(slots=True)
class Other:
    """A link to the picture of another diagram of the same case."""

    name: str
    href: str
    here: bool


@dataclass(slots=True)
class Drawing:
    """One diagram of a case as the page shows it; sets of element and flow ids are sorted."""

    name: str
    number: int
    src: str
    has_shapes: bool
    done: list[str]
    current: list[str]
    failed: list[str]
    taken: list[str]
    label: str
    outline: list[OutlineLine]
    others: list[Other] = field(default_factory=list)


def drawing(it: Visit, case: Case, wanted: str, page: str, parameters: dict[str, str] | None = None) -> Drawing:
    """Return the picture of one diagram of a case, with links to the other diagrams that it has been in.

    Args:
        wanted: key of the diagram; an unknown one gives the case's own.
        page: path of the page that shows it; links add `diagram` to its `parameters`.
    """
    bundle = contents(it.session, case.bundle_id)
    places = places_of(it, case, bundle)
    key = wanted if wanted in places and wanted in bundle.diagrams else bundle.key
    where, diagram = places.get(key, Place()), diagram_here(bundle.diagrams[key])
    failed = {case.stuck_element} & set(diagram.elements) if case.status == "stuck" and case.stuck_element else set()
    current = where.current - failed
    lines = [_line(item, where, failed) for item in outline(diagram, _) if item.text]
    reached = [name for name in places if name in bundle.diagrams]
    others = [
        Other(label(bundle.diagrams[name].name), page + query({**(parameters or {}), "diagram": name}), name == key)
        for name in reached
    ]
    return Drawing(
        name=diagram.name,
        number=bundle.numbers[key],
        src=f"/cases/{case.number}/diagrams/{key}.bpmn?language={here().language}",
        has_shapes=diagram.has_shapes,
        done=sorted(where.done - current - failed),
        current=sorted(current),
        failed=sorted(failed),
        taken=sorted(where.flows),
        label=_label(diagram, sorted(where.done - current - failed), sorted(current), sorted(failed)),
        outline=lines,
        others=others if len(others) > 1 else [],
    )


def places_of(it: Visit, case: Case, bundle: BundleContents) -> dict[str, Place]:
    """Read from a case's state where it is; nothing is run and nothing locked."""
    state = it.session.scalar(select(Case.state).where(Case.id == case.id))
    return place(restore(Program.of(bundle), state)) if state else {}


def _line(item: OutlineItem, where: Place, failed: set[str]) -> OutlineLine:
    look = "lane" if item.kind == "lane" else ""
    if item.kind == "step":
        if item.element in failed:
            look = "failed"
        elif item.element in where.current:
            look = "now"
        elif item.element in where.done:
            look = "done"
    elif item.kind == "branch" and item.flow in where.flows:
        look = "done"
    return OutlineLine(item.number, min(item.depth, 4), item.text, look)


def _label(diagram: Diagram, done: list[str], current: list[str], failed: list[str]) -> str:
    """Say in one sentence what the picture shows, for screen readers."""

    def names(ids: list[str]) -> str:
        found = [diagram.elements[name].name for name in ids if name in diagram.elements]
        return ", ".join(name for name in found if name) or "–"

    if failed:
        return _("Process diagram. Stuck at: %(failed)s.") % {"failed": names(failed)}
    return _("Process diagram. Done: %(done)s. Now: %(current)s.") % {"done": names(done), "current": names(current)}
