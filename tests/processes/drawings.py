"""Diagrams for the tests, written as short as BPMN allows."""

import re

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="{BPMN}"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"
    xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" id="definitions" targetNamespace="stellwerk">
"""

SHAPES = r"\w+(?:Task|Event|Gateway|Activity|Process|Choreography)|task|lane|transaction"


def drawn(xml: bytes) -> bytes:
    """Add a shape for each element and lane and an edge for each flow."""
    text = xml.decode()
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"/>'
        for name in re.findall(rf'<bpmn:(?:{SHAPES}) id="(\w+)"', text)
    )
    edges = "".join(
        f'<bpmndi:BPMNEdge id="{name}_di" bpmnElement="{name}"/>'
        for name in re.findall(r'<bpmn:sequenceFlow id="(\w+)"', text)
    )
    return text.replace("</bpmn:definitions>", shapes + edges + "</bpmn:definitions>").encode()


def properties(**values: str) -> str:
    """Return an extensionElements block with these spiffworkflow properties."""
    inner = "".join(f'<spiffworkflow:property name="{name}" value="{value}"/>' for name, value in values.items())
    return (
        f"<bpmn:extensionElements><spiffworkflow:properties>{inner}</spiffworkflow:properties></bpmn:extensionElements>"
    )


def flow(source: str, target: str, condition: str = "", name: str = "") -> str:
    """Return a sequence flow with the id `<source>_<target>`."""
    inner = f"<bpmn:conditionExpression>{condition}</bpmn:conditionExpression>" if condition else ""
    return (
        f'<bpmn:sequenceFlow id="{source}_{target}" name="{name}" sourceRef="{source}" targetRef="{target}">'
        f"{inner}</bpmn:sequenceFlow>"
    )


def drawing(body: str, *, key: str = "walk", beside: str = "", name: str = "Walk", **values: str) -> bytes:
    """Return a BPMN file whose one process holds `body`; `beside` stands next to the process."""
    values.setdefault("area", "incidents")
    return (
        f'{HEAD}{beside}<bpmn:process id="{key}" name="{name}" isExecutable="true">'
        f"{properties(**values)}{body}</bpmn:process></bpmn:definitions>"
    ).encode()


def simple(key: str = "walk", task: str = '<bpmn:userTask id="look" name="Look"/>', **values: str) -> bytes:
    """Return start › one task with the id `look` › end, with one lane for the staff."""
    lanes = (
        f'<bpmn:laneSet id="lanes"><bpmn:lane id="staff" name="Staff">{properties(role="incidents.process_staff")}'
        "<bpmn:flowNodeRef>begin</bpmn:flowNodeRef><bpmn:flowNodeRef>look</bpmn:flowNodeRef>"
        "<bpmn:flowNodeRef>done</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>"
    )
    body = (
        lanes
        + '<bpmn:startEvent id="begin"/>'
        + task
        + '<bpmn:endEvent id="done"/>'
        + flow("begin", "look")
        + flow("look", "done")
    )
    values.setdefault("start_roles", "shared.anyone")
    return drawing(body, key=key, **values)
