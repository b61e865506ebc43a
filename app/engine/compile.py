"""Turns a diagram into levels of nodes; what cannot run becomes a problem that names element and line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from app.engine.checks import check_structure
from app.engine.due import LITERAL
from app.engine.nodes.activities import (
    DecisionTask,
    ManualTask,
    PlainTask,
    ScriptTask,
    Sending,
    SendTask,
    ServiceTask,
    UserTask,
)
from app.engine.nodes.events import Boundary, Catch, End, EventGateway, StartEvent, Throw
from app.engine.nodes.gateways import ExclusiveGateway, InclusiveGateway, ParallelGateway
from app.engine.nodes.levels import CallActivity, SubProcess
from app.engine.nodes.node import Leaving, Node
from app.engine.nodes.rounds import MultiInstance, Repeat, Rounds
from app.engine.program import LevelSpec, level_name
from app.errors import Problem
from app.expressions import Assignment, Expression, ExpressionError, parse, parse_assignments
from app.processes.definition import Diagram, Element, Flow

NODES: Mapping[str, type[Node]] = {
    "userTask": UserTask,
    "manualTask": ManualTask,
    "task": PlainTask,
    "scriptTask": ScriptTask,
    "serviceTask": ServiceTask,
    "businessRuleTask": DecisionTask,
    "sendTask": SendTask,
    "receiveTask": Catch,
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventGateway,
    "startEvent": StartEvent,
    "endEvent": End,
    "intermediateCatchEvent": Catch,
    "intermediateThrowEvent": Throw,
    "boundaryEvent": Boundary,
}
GUARDS = frozenset({"timer", "message", "signal"})

T = TypeVar("T")


def compile_diagram(diagram: Diagram) -> tuple[dict[str, LevelSpec], list[Problem]]:
    """Return the levels of a diagram by name, and what is wrong with it; with errors the levels are incomplete."""
    problems = check_structure(diagram)
    if any(problem.severity == "error" for problem in problems):
        # Expressions are still read, so that one publishing tells all that is wrong.
        broken = {problem.element for problem in problems}
        compiler = _Compiler(diagram, problems)
        for element in diagram.elements.values():
            if element.id not in broken:
                compiler.read_expressions(element)
        return {}, problems
    compiler = _Compiler(diagram, problems)
    return compiler.levels(), problems


@dataclass(slots=True)
class _Texts:
    """The expressions of one element, read."""

    conditions: dict[str, Expression | None] = field(default_factory=dict)
    parameters: dict[str, Expression] = field(default_factory=dict)
    script: tuple[Assignment, ...] = ()
    pre_script: tuple[Assignment, ...] = ()
    post_script: tuple[Assignment, ...] = ()
    key: Expression | None = None
    payload: Expression | None = None
    timer: Expression | str = ""
    cardinality: Expression | None = None
    collection: Expression | None = None
    enough: Expression | None = None


class _Compiler:
    def __init__(self, diagram: Diagram, problems: list[Problem]) -> None:
        self.diagram, self.problems = diagram, problems
        self.texts: dict[str, _Texts] = {}

    def levels(self) -> dict[str, LevelSpec]:
        parents = ["", *(e.id for e in self.diagram.elements.values() if e.type == "subProcess")]
        return {level_name(self.diagram, parent): self._level(parent) for parent in parents}

    # Expressions -----------------------------------------------------------------------------------------------

    def _read(self, element: str, line: int, what: str, read: Callable[[str], T], text: str) -> T | None:
        try:
            return read(text)
        except ExpressionError as error:
            message = f"The {what} of '{element}' cannot be read: {error}"
            advice = "Write it in the expression language: a diagram holds no Python."
            self.problems.append(Problem("expression", message, advice, self.diagram.file, element, line))
            return None

    def _expression(self, element: Element, what: str, text: str) -> Expression | None:
        return self._read(element.id, element.line, what, parse, text) if text else None

    def _script(self, element: Element, what: str, text: str) -> tuple[Assignment, ...]:
        lines = self._read(element.id, element.line, what, parse_assignments, text) if text else None
        return tuple(lines or ())

    def _condition(self, flow: Flow) -> Expression | None:
        if not flow.condition or flow.default:
            return None
        return self._read(flow.id, flow.line, "condition", parse, flow.condition)

    def read_expressions(self, element: Element) -> _Texts:
        """Read everything of an element that is written in the expression language."""
        timer = element.timer
        starts = element.type == "startEvent"
        loop = element.loop
        return _Texts(
            conditions={flow.id: self._condition(flow) for flow in self.diagram.outgoing(element.id)},
            parameters={
                name: expression
                for name, text in element.parameters.items()
                if (expression := self._expression(element, f"parameter '{name}'", text)) is not None
            },
            script=self._script(element, "script", element.script) if element.type == "scriptTask" else (),
            pre_script=self._script(element, "script before it", element.pre_script),
            post_script=self._script(element, "script after it", element.post_script),
            key=None if starts else self._expression(element, "message key", element.key),
            payload=None if starts else self._expression(element, "payload", element.payload),
            timer="" if starts
            else timer if LITERAL.fullmatch(timer)
            else self._expression(element, "timer", timer) or "",
            cardinality=self._expression(element, "number of rounds", loop.cardinality if loop else ""),
            collection=self._expression(element, "collection", loop.collection if loop else ""),
            enough=self._expression(element, "condition of its rounds", loop.condition if loop else ""),
        )  # fmt: skip

    # Nodes -----------------------------------------------------------------------------------------------------

    def _level(self, parent: str) -> LevelSpec:
        level = LevelSpec(self.diagram, parent)
        elements = self.diagram.inside(parent)
        links = {e.link: e.id for e in elements if e.event == "link" and e.type == "intermediateCatchEvent"}
        for element in elements:
            node = self._node(level, element)
            node.leaving = self._leaving(element, links)
            node._outputs = [way.target for way in node.leaving]
        for element in elements:
            if element.attached_to:
                host = level.task_specs[element.attached_to]
                if element.event in GUARDS:
                    host.guards += (element.id,)
                else:
                    host.catchers += (element,)
            node = level.task_specs[element.id]
            if isinstance(node, InclusiveGateway):
                node.reach = _reach(self.diagram, element, links)
        level.start.openings = self._openings(elements, links)
        return level

    def _openings(self, elements: list[Element], links: Mapping[str, str]) -> tuple[str, ...]:
        starts = tuple(element.id for element in elements if element.type == "startEvent")
        return starts or tuple(
            element.id for element in elements
            if not element.incoming and not element.attached_to and element.id not in links.values()
        )  # fmt: skip

    def _node(self, level: LevelSpec, element: Element) -> Node:
        texts = self.texts[element.id] = self.read_expressions(element)
        name = f"{element.id} *" if element.loop else element.id
        node = self._bare(level, name, element)
        node.pre_script, node.post_script = texts.pre_script, texts.post_script
        if isinstance(node, ServiceTask):
            node.parameters = texts.parameters
        if isinstance(node, ScriptTask):
            node.assignments = texts.script
        if isinstance(node, Sending | Catch):
            node.key = texts.key
        if isinstance(node, Sending):
            node.payload = texts.payload
        if isinstance(node, Catch):
            node.timer = texts.timer
        return self._rounds(level, element, node, texts) if element.loop else node

    def _bare(self, level: LevelSpec, name: str, element: Element) -> Node:
        if element.type == "subProcess":
            return SubProcess(level, name, element, level_name(self.diagram, element.id))
        if element.type == "callActivity":
            return CallActivity(level, name, element, element.calls)
        if element.type == "sendTask" and element.operator:
            return ServiceTask(level, name, element)
        if element.type == "scriptTask":
            return ScriptTask(level, name, element, script=element.script)
        return NODES[element.type](level, name, element)

    def _rounds(self, level: LevelSpec, element: Element, inside: Node, texts: _Texts) -> Rounds:
        loop = element.loop
        assert loop is not None
        if loop.kind == "standard":
            repeat = Repeat(level, element.id, element, inside)
            repeat.condition = texts.enough
            repeat.maximum = int(loop.maximum) if loop.maximum else None
            return repeat
        several = MultiInstance(level, element.id, element, inside)
        several.cardinality, several.collection = texts.cardinality, texts.collection
        several.condition = texts.enough
        return several

    def _leaving(self, element: Element, links: Mapping[str, str]) -> tuple[Leaving, ...]:
        if element.event == "link" and element.type == "intermediateThrowEvent":
            return (Leaving("", links[element.link]),)
        flows = self.diagram.outgoing(element.id)
        default = element.default
        if element.type == "exclusiveGateway" and not default and len(flows) > 1:
            # One flow without a condition among others is what everybody means by the default.
            default = next((flow.id for flow in flows if not flow.condition), "")
        return tuple(
            Leaving(
                flow.id,
                flow.target,
                None if flow.id == default else self.texts[element.id].conditions[flow.id],
                flow.id == default and len(flows) > 1,
            )
            for flow in flows
        )


def _reach(diagram: Diagram, gateway: Element, links: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return, for each flow into a gateway, the elements from which it can be reached without passing the gateway."""
    before: dict[str, set[str]] = {}
    for flow in diagram.flows.values():
        before.setdefault(flow.target, set()).add(flow.source)
    for element in diagram.elements.values():
        if element.attached_to:
            before.setdefault(element.id, set()).add(element.attached_to)
        if element.event == "link" and element.type == "intermediateThrowEvent" and element.link in links:
            before.setdefault(links[element.link], set()).add(element.id)
    reach: dict[str, frozenset[str]] = {}
    for name in gateway.incoming:
        seen = {diagram.flows[name].source}
        waiting = list(seen)
        while waiting:
            for source in before.get(waiting.pop(), ()):
                if source not in seen and source != gateway.id:
                    seen.add(source)
                    waiting.append(source)
        reach[name] = frozenset(seen)
    return reach
