"""What a diagram consists of: elements, flows and lanes, as plain values without any XML."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

IDENTIFIER_PROPERTIES = ("activity", "interface", "output", "requirement", "setup")
SUB_PROCESSES = frozenset({"subProcess", "transaction", "adHocSubProcess"})


def split_list(text: str) -> tuple[str, ...]:
    """Take a comma-separated property apart; blanks and empty parts vanish."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane; `role` is its own role or that of the lane around it."""

    id: str
    name: str
    role: str
    line: int
    parent: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow; `default` tells that its source takes it when no condition holds."""

    id: str
    name: str
    source: str
    target: str
    line: int
    condition: str = ""
    default: bool = False
    parent: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs: `kind` is `parallel`, `sequential` (multi-instance) or `standard` (a loop).

    `collection` and `cardinality` say over what, `item` names the variable of one round, `result` and
    `result_item` collect what the rounds yield; `condition` ends the rounds early (or, for a standard loop,
    keeps them going), `maximum` bounds a standard loop.
    """

    kind: str
    cardinality: str = ""
    collection: str = ""
    item: str = ""
    result: str = ""
    result_item: str = ""
    condition: str = ""
    maximum: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Element:
    """One flow node of a diagram.

    `type` is the BPMN name (`userTask`, `boundaryEvent`, …), also for types that do not run here, so that the
    linter can name them. `event` is the kind of its event definition (`timer`, `message`, `error`, `signal`,
    `escalation`, `conditional`, `link`, `terminate`, `cancel`, `compensate`), `multiple` for several (all kinds
    are in `events`), empty for a none event or an activity. `line` counts from 1.
    """

    id: str
    name: str
    type: str
    line: int
    parent: str = ""
    lane: str = ""
    role: str = ""
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    default: str = ""
    # events
    event: str = ""
    events: tuple[str, ...] = ()
    attached_to: str = ""
    interrupting: bool = True
    message: str = ""
    key: str = ""
    payload: str = ""
    timer: str = ""
    timer_kind: str = ""
    error: str = ""
    escalation: str = ""
    signal: str = ""
    link: str = ""
    condition: str = ""
    undefined: tuple[str, ...] = ()
    # activities
    operator: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    result: str = ""
    decision: str = ""
    calls: str = ""
    script: str = ""
    pre_script: str = ""
    post_script: str = ""
    loop: Loop | None = None
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    event_sub_process: bool = False

    def identifiers(self) -> list[str]:
        """Return the standard's identifiers that this element declares, in the order of the properties."""
        return [
            identifier for name in IDENTIFIER_PROPERTIES for identifier in split_list(self.properties.get(name, ""))
        ]

    def form_reference(self, area: str) -> str:
        """Return `<area>/<form>`; a user task without the property `form` uses the form named like itself.

        Other elements have a form only when they name one (a start event asks for what a case begins with).
        Empty when there is none.
        """
        name = self.properties.get("form", "").strip()
        if not name and self.type == "userTask":
            name = self.id
        if not name or "/" in name:
            return name
        return f"{area}/{name}"

    @property
    def is_activity(self) -> bool:
        """Tell whether this is a task, a call or a sub-process rather than an event or a gateway."""
        return not self.type.endswith(("Event", "Gateway"))


@dataclass(frozen=True, slots=True)
class Diagram:
    """One executable process as it was drawn.

    Elements of sub-processes stand beside the others and name the sub-process as `parent`. `calls`, `decisions`,
    `forms` (references) and `operations` are what the diagram uses; `inputs` and `outputs` are its io
    specification: the only data that enter and leave it as a called diagram. `shapes` and `edges` hold the ids of
    the elements, lanes and flows that are drawn.
    """

    key: str
    name: str
    file: str = ""
    line: int = 0
    documentation: str = ""
    properties: Mapping[str, str] = field(default_factory=dict, hash=False)
    elements: Mapping[str, Element] = field(default_factory=dict, hash=False)
    flows: Mapping[str, Flow] = field(default_factory=dict, hash=False)
    lanes: Mapping[str, Lane] = field(default_factory=dict, hash=False)
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    has_io_specification: bool = False
    shapes: frozenset[str] = frozenset()
    edges: frozenset[str] = frozenset()

    @property
    def area(self) -> str:
        """The area's folder name (`incidents`)."""
        return self.properties.get("area", "").strip()

    @property
    def blueprint(self) -> str:
        """The blueprint's identifier (`ISRM-01`)."""
        return self.properties.get("blueprint", "").strip()

    @property
    def owner_role(self) -> str:
        """The role that owns the diagram."""
        return self.properties.get("owner_role", "").strip()

    @property
    def record(self) -> str:
        """The record kind of its cases; empty when a case has no record."""
        return self.properties.get("record", "").strip()

    @property
    def start_roles(self) -> tuple[str, ...]:
        """The roles that may start it."""
        return split_list(self.properties.get("start_roles", ""))

    @property
    def number_prefix(self) -> str:
        """The prefix of the numbers of records that its cases create; empty: that of their kind."""
        return self.properties.get("number_prefix", "").strip()

    @property
    def title(self) -> str:
        """The expression that names a case; empty: the diagram's name does."""
        return self.properties.get("title", "").strip()

    @property
    def has_shapes(self) -> bool:
        """Tell whether every element is drawn."""
        return bool(self.elements) and self.shapes.issuperset(self.elements)

    @property
    def calls(self) -> frozenset[str]:
        """Keys of the diagrams that call activities name."""
        return frozenset(element.calls for element in self.elements.values() if element.calls)

    @property
    def decisions(self) -> frozenset[str]:
        """Ids of the decision tables that business rule tasks name."""
        return frozenset(element.decision for element in self.elements.values() if element.decision)

    @property
    def forms(self) -> frozenset[str]:
        """References of the forms that tasks and start events show."""
        references = (element.form_reference(self.area) for element in self.elements.values())
        return frozenset(reference for reference in references if reference)

    @property
    def operations(self) -> frozenset[str]:
        """Names of the operations that service tasks call."""
        return frozenset(element.operator for element in self.elements.values() if element.operator)

    def inside(self, parent: str = "") -> list[Element]:
        """Return the elements directly inside a sub-process, or those of the top level, in document order."""
        return [element for element in self.elements.values() if element.parent == parent]

    def starts(self, parent: str = "") -> list[Element]:
        """Return the start events of one level."""
        return [element for element in self.inside(parent) if element.type == "startEvent"]

    def outgoing(self, element: str) -> list[Flow]:
        """Return the flows that leave an element, in document order."""
        return [self.flows[flow] for flow in self.elements[element].outgoing]

    def boundaries(self, element: str) -> list[Element]:
        """Return the events on the border of an activity, in document order."""
        return [other for other in self.elements.values() if other.attached_to == element]

    def ancestors(self, element: str) -> Iterator[str]:
        """Yield the sub-processes around an element, innermost first."""
        parent = self.elements[element].parent
        while parent:
            yield parent
            parent = self.elements[parent].parent

    def meta(self) -> dict[str, Any]:
        """Return what lists and start pages need to know without reading the file, as JSON."""
        top = self.starts()
        return {
            "blueprint": self.blueprint,
            "owner_role": self.owner_role,
            "record": self.record,
            "start_roles": list(self.start_roles),
            "number_prefix": self.number_prefix,
            "title": self.title,
            "documentation": self.documentation,
            "calls": sorted(self.calls),
            "decisions": sorted(self.decisions),
            "forms": sorted(self.forms),
            "operations": sorted(self.operations),
            "roles": sorted({lane.role for lane in self.lanes.values() if lane.role}),
            "starts": [
                {"element": start.id, "name": start.name, "event": start.event, "form": start.form_reference(self.area)}
                for start in top
            ],
            "message_starts": {start.message: start.id for start in top if start.message},
            "timer_starts": [
                {
                    "element": start.id,
                    "timer": start.timer,
                    "kind": start.timer_kind,
                    "calendar": start.properties.get("calendar", ""),
                    "misfire": start.properties.get("misfire", ""),
                    "for_each": start.properties.get("for_each", ""),
                }
                for start in top
                if start.timer
            ],
            "identifiers": sorted({name for element in self.elements.values() for name in element.identifiers()}),
            "has_shapes": self.has_shapes,
        }
