"""A small set of files that can be published, and ways to publish it."""

import json

from sqlalchemy.orm import Session

from app.errors import Problem
from app.operations import Registry
from app.processes.library import Library
from app.processes.publish import Published, publish
from app.processes.sources import Source
from tests.processes.drawings import drawn, simple

DECISION = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="stellwerk">
<decision id="{key}" name="Priority"><decisionTable id="t" hitPolicy="FIRST">
<input id="i" label="Impact"><inputExpression id="ie" typeRef="string"><text>impact</text></inputExpression></input>
<output id="o" name="priority" typeRef="string"/>
<rule id="r1"><inputEntry id="a"><text>"{value}"</text></inputEntry><outputEntry id="b"><text>"P1"</text></outputEntry>
</rule></decisionTable></decision></definitions>"""

PROCESS = b"""
name: Incidents and requests
goals: [Services work again soon]
inputs: [{name: Reports of users}]
outputs: [{name: Closed incidents}]
roles: [{role: incidents.process_owner, responsibilities: [Answers for the results]}]
"""

CALL = '<bpmn:callActivity id="look" name="Look" calledElement="{key}"/>'
DECIDE = (
    '<bpmn:businessRuleTask id="look" name="Look"><bpmn:extensionElements><spiffworkflow:calledDecisionId>{key}'
    "</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>"
)


class Accepting:
    """An engine that runs everything except diagrams with the given keys."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.asked: list[tuple[str, list[str]]] = []

    def check(self, xml_by_key: dict[str, bytes], key: str) -> list[Problem]:
        self.asked.append((key, sorted(xml_by_key)))
        if key in self.refused:
            return [Problem("engine", "This does not run.", "Draw it differently.", element=key)]
        return []


def diagram(key: str = "walk", name: str = "Walk", task: str = '<bpmn:userTask id="look" name="Look"/>') -> Source:
    """Return a diagram; its one task uses the form `incidents/look` unless told otherwise."""
    content = drawn(simple(key, task, owner_role="incidents.process_owner"))
    content = content.replace(b"<bpmn:laneSet", b"<bpmn:ioSpecification/><bpmn:laneSet", 1)  # callable
    content = content.replace(b'name="Walk"', f'name="{name}"'.encode())
    return Source("diagram", key, f"bpmn/incidents/{key}.bpmn", content)


def form(name: str = "look", title: str = "Look at it") -> Source:
    """Return a form with one text field."""
    fields = [{"type": "textfield", "key": "title", "label": "Title", "id": "Field_1"}]
    content = json.dumps({"type": "default", "id": name, "title": title, "components": fields})
    return Source("form", f"incidents/{name}", f"forms/incidents/{name}.form", content.encode())


def decision(key: str = "priority", value: str = "site") -> Source:
    """Return a decision table with one row."""
    return Source("decision", key, f"bpmn/incidents/{key}.dmn", DECISION.format(key=key, value=value).encode())


def process() -> Source:
    """Return the description of the incident process."""
    return Source("process", "incidents", "bpmn/incidents/process.yaml", PROCESS)


def put(session: Session, library: Library, *sources: Source, parser: Accepting | None = None) -> list[Published]:
    """Publish with an engine that runs everything."""
    return publish(session, library, sources, parser=parser or Accepting(), registry=Registry(), note="test")
