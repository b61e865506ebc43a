"""Reads a BPMN file into a `Diagram`."""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from lxml import etree

from app.errors import Problem, Refused
from app.processes.elements import SUB_PROCESSES, Diagram, Element, Flow, Lane, Loop
from app.processes.read_activities import read_activity, read_data, read_properties
from app.processes.read_events import SUFFIX, Definitions, read_event
from app.processes.safe_xml import (
    BPMN,
    BPMN_DI,
    child,
    children,
    is_bpmn,
    line_of,
    local_name,
    namespace,
    parse_xml,
    reference,
    text_of,
)

__all__ = ["Diagram", "Element", "Flow", "Lane", "Loop", "read_diagram"]

# What stands inside a process or sub-process and is not a flow node. Everything else is kept as an element, even a type
# that no engine runs: the linter names it.
NOT_NODES = frozenset([
    "documentation", "extensionElements", "auditing", "monitoring", "property", "ioSpecification", "ioBinding",
    "laneSet", "sequenceFlow", "dataObject", "dataObjectReference", "dataStoreReference", "dataInputAssociation",
    "dataOutputAssociation", "association", "group", "textAnnotation", "artifact", "incoming", "outgoing",
    "resourceRole", "performer", "humanPerformer", "potentialOwner", "multiInstanceLoopCharacteristics",
    "standardLoopCharacteristics", "completionCondition", "supports", "correlationSubscription", "eventDefinitionRef",
])  # fmt: skip


def read_diagram(xml: bytes, file: str = "") -> Diagram:
    """Return the one executable process of a BPMN file.

    `file` is the path shown in problems; when given, its name without the ending must be the process id.

    Raises:
        Refused: hostile or broken XML, not BPMN, no or several executable processes, duplicate or missing ids.
    """
    root = parse_xml(xml, file)
    if namespace(root) != BPMN or local_name(root) != "definitions":
        raise Refused(
            [
                Problem(
                    "bpmn",
                    f"This is not a BPMN 2.0 file: its root element is <{local_name(root)}>.",
                    "Save the diagram as BPMN 2.0 XML.",
                    file,
                    line=line_of(root),
                )
            ]
        )
    process = _the_process(root, file)
    problems = _duplicates(root, file) + _nameless(process, file)
    if problems:
        raise Refused(problems)
    return _Reader(root, process, file).diagram()


def _the_process(root: etree._Element, file: str) -> etree._Element:
    found = [process for process in children(root, "process") if process.get("isExecutable") != "false"]
    if len(found) != 1:
        names = ", ".join(f"'{process.get('id')}'" for process in found) or "none"
        raise Refused(
            [
                Problem(
                    "one-process",
                    f"A file holds exactly one executable process; this one has {len(found)} ({names}).",
                    "Move each process to its own file, or set isExecutable to false for those that are only drawn.",
                    file,
                    line=line_of(found[1]) if found else 0,
                )
            ]
        )
    key = found[0].get("id") or ""
    expected = PurePosixPath(file).stem if file else key
    if key != expected or not key:
        raise Refused(
            [
                Problem(
                    "process-id",
                    f"The process id '{key}' is not the file name '{expected}'.",
                    "Give the process the id that the file is named after.",
                    file,
                    key,
                    line_of(found[0]),
                )
            ]
        )
    return found[0]


def _duplicates(root: etree._Element, file: str) -> list[Problem]:
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    for node in root.iter():
        name = node.get("id")
        if not name or namespace(node) not in (BPMN, BPMN_DI):
            continue
        line = line_of(node)
        if name in seen:
            problems.append(
                Problem(
                    "duplicate-id",
                    f"The id '{name}' stands on line {seen[name]} already.",
                    "Give each element an id of its own.",
                    file,
                    name,
                    line,
                )
            )
        else:
            seen[name] = line
    return problems


def _nameless(process: etree._Element, file: str) -> list[Problem]:
    return [
        Problem(
            "missing-id",
            f"A {local_name(node)} has no id.",
            "Give it an id; cases and the journal refer to it.",
            file,
            line=line_of(node),
        )
        for scope in [process, *_sub_processes(process)]
        for node in [*_nodes(scope), *children(scope, "sequenceFlow")]
        if not node.get("id")
    ]


def _nodes(scope: etree._Element) -> list[etree._Element]:
    return [
        node
        for node in scope
        if is_bpmn(node) and local_name(node) not in NOT_NODES and not local_name(node).endswith(SUFFIX)
    ]


def _sub_processes(process: etree._Element) -> list[etree._Element]:
    return [node for node in process.iter() if is_bpmn(node) and local_name(node) in SUB_PROCESSES]


class _Reader:
    def __init__(self, root: etree._Element, process: etree._Element, file: str) -> None:
        self.root, self.process, self.file = root, process, file
        self.definitions = Definitions(root)
        self.lanes: dict[str, Lane] = {}
        self.lane_of: dict[str, str] = {}
        self.elements: dict[str, Element] = {}
        self.flows: dict[str, Flow] = {}

    def diagram(self) -> Diagram:
        for scope in [self.process, *_sub_processes(self.process)]:
            for lane_set in children(scope, "laneSet"):
                self._read_lanes(lane_set, None)
        self._read_scope(self.process, "")
        inputs, outputs, has_data = read_data(self.process)
        return Diagram(
            key=self.process.get("id", ""),
            name=(self.process.get("name") or "").strip() or self.process.get("id", "").replace("_", " ").capitalize(),
            file=self.file,
            line=line_of(self.process),
            documentation=text_of(child(self.process, "documentation")),
            properties=read_properties(self.process),
            elements=self._placed(),
            flows=self.flows,
            lanes=self.lanes,
            inputs=inputs,
            outputs=outputs,
            has_io_specification=has_data,
            shapes=self._drawn("BPMNShape"),
            edges=self._drawn("BPMNEdge"),
        )

    def _drawn(self, kind: str) -> frozenset[str]:
        return frozenset(reference(part.get("bpmnElement")) for part in self.root.iter(f"{{{BPMN_DI}}}{kind}"))

    def _read_lanes(self, lane_set: etree._Element, parent: Lane | None) -> None:
        for node in children(lane_set, "lane"):
            properties = read_properties(node)
            lane = Lane(
                id=node.get("id") or f"lane_{len(self.lanes) + 1}",
                name=(node.get("name") or "").strip(),
                role=properties.get("role", "").strip() or (parent.role if parent else ""),
                line=line_of(node),
                parent=parent.id if parent else "",
                properties=properties,
            )
            self.lanes[lane.id] = lane
            for part in children(node, "flowNodeRef"):
                self.lane_of[reference(part.text)] = lane.id
            for inner in children(node, "childLaneSet"):
                self._read_lanes(inner, lane)  # after the outer references, so that the innermost lane wins

    def _read_scope(self, scope: etree._Element, parent: str) -> None:
        nodes = _nodes(scope)
        defaults = {reference(node.get("default")) for node in nodes if node.get("default")}
        for node in children(scope, "sequenceFlow"):
            name = node.get("id", "")
            self.flows[name] = Flow(
                id=name,
                name=(node.get("name") or "").strip(),
                source=reference(node.get("sourceRef")),
                target=reference(node.get("targetRef")),
                line=line_of(node),
                condition=text_of(child(node, "conditionExpression")),
                default=name in defaults,
                parent=parent,
                properties=read_properties(node),
            )
        for node in nodes:
            element = self._read_element(node, parent)
            self.elements[element.id] = element
            if element.type in SUB_PROCESSES:
                self._read_scope(node, element.id)

    def _read_element(self, node: etree._Element, parent: str) -> Element:
        properties = read_properties(node)
        fields: dict[str, Any] = read_activity(node) | read_event(node, self.definitions)
        return Element(
            id=node.get("id", ""),
            name=" ".join((node.get("name") or "").split()),
            type=local_name(node),
            line=line_of(node),
            parent=parent,
            documentation=text_of(child(node, "documentation")),
            properties=properties,
            attributes={str(key): str(value) for key, value in node.attrib.items() if key not in ("id", "name")},
            default=reference(node.get("default")),
            attached_to=reference(node.get("attachedToRef")),
            interrupting=node.get("cancelActivity", "true") != "false"
            and node.get("isInterrupting", "true") != "false",
            key=properties.get("key", "").strip(),
            payload=properties.get("payload", "").strip(),
            **fields,
        )

    def _placed(self) -> dict[str, Element]:
        """Give each element its lane, role and flows; what is inside or attached lives where its host lives."""
        incoming: dict[str, list[str]] = {}
        outgoing: dict[str, list[str]] = {}
        for flow in self.flows.values():
            outgoing.setdefault(flow.source, []).append(flow.id)
            incoming.setdefault(flow.target, []).append(flow.id)
        placed: dict[str, Element] = {}
        for name, element in self.elements.items():
            lane = self.lanes.get(self._lane_of(element))
            placed[name] = replace(
                element,
                lane=lane.id if lane else "",
                role=lane.role if lane else "",
                incoming=tuple(incoming.get(name, ())),
                outgoing=tuple(outgoing.get(name, ())),
            )
        return placed

    def _lane_of(self, element: Element) -> str:
        seen: set[str] = set()
        current: Element | None = element
        while current is not None and current.id not in seen:
            if current.id in self.lane_of:
                return self.lane_of[current.id]
            seen.add(current.id)
            current = self.elements.get(current.attached_to or current.parent)
        return ""
