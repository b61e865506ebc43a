"""The diagrams that are measured."""

import json

from app.processes.sources import Source
from tests.processes.drawings import drawing, drawn, flow, properties

TASKS = 10
SCRIPTS = 5
AREA = "incidents"
ROLE = "incidents.process_staff"


def sources(key: str, record: str = "") -> list[Source]:
    """Return a diagram of ten user tasks, each with a form of one text field and followed by a script task.

    Args:
        key: of the diagram; its forms are called after it.
        record: kind of record that its cases have; none without it.
    """
    steps = []
    for number in range(1, TASKS + 1):
        task, form = f"task_{number}", properties(form=f"{key}_{number}")
        steps.append((task, f'<bpmn:userTask id="{task}" name="Task {number}">{form}</bpmn:userTask>'))
        steps.append((f"script_{number}", _script(number, f"length_{number} = len(answer_{number})")))
    forms = [_form(f"{key}_{number}", number) for number in range(1, TASKS + 1)]
    return [*forms, _diagram(key, steps, record)]


def automatic(key: str) -> Source:
    """Return a diagram of five script tasks and nothing to wait for."""
    return _diagram(key, [(f"script_{number}", _script(number, script)) for number, script in _scripts()], "")


def timed(key: str) -> Source:
    """Return a diagram that waits for a day, then carries out a script and ends."""
    timer = '<bpmn:timerEventDefinition><bpmn:timeDuration>"P1D"</bpmn:timeDuration></bpmn:timerEventDefinition>'
    event = f'<bpmn:intermediateCatchEvent id="wait" name="Wait">{timer}</bpmn:intermediateCatchEvent>'
    return _diagram(key, [("wait", event), ("script_1", _script(1, "sum_1 = 1"))], "")


def scripts() -> list[tuple[str, str]]:
    """Return the scripts of `automatic`, by the ids of their elements."""
    return [(f"script_{number}", text) for number, text in _scripts()]


def tasks_and_scripts() -> list[tuple[str, str]]:
    """Return the elements of `sources`; tasks have no script."""
    numbers = range(1, TASKS + 1)
    return [pair for n in numbers for pair in ((f"task_{n}", ""), (f"script_{n}", f"length_{n} = len(answer_{n})"))]


def _scripts() -> list[tuple[int, str]]:
    further = [(number, f"sum_{number} = sum_{number - 1} + {number}") for number in range(2, SCRIPTS + 1)]
    return [(1, "sum_1 = 1"), *further]


def _script(number: int, text: str) -> str:
    name = f'id="script_{number}" name="Script {number}"'
    return f"<bpmn:scriptTask {name}><bpmn:script>{text}</bpmn:script></bpmn:scriptTask>"


def _form(name: str, number: int) -> Source:
    answer = f"answer_{number}"
    field = {
        "type": "textfield", "key": answer, "label": "Answer", "id": "field_answer",
        "validate": {"required": True}, "properties": {"variable": answer},
    }  # fmt: skip
    content = json.dumps({"type": "default", "id": name, "title": f"Task {number}", "components": [field]})
    return Source("form", f"{AREA}/{name}", f"forms/{AREA}/{name}.form", content.encode())


def _diagram(key: str, steps: list[tuple[str, str]], record: str) -> Source:
    chain = ["begin", *(name for name, _ in steps), "done"]
    inside = "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in chain)
    lane = f'<bpmn:lane id="staff" name="Staff">{properties(role=ROLE)}{inside}</bpmn:lane>'
    body = (
        f'<bpmn:laneSet id="lanes">{lane}</bpmn:laneSet><bpmn:startEvent id="begin" name="Begin"/>'
        + "".join(drawn_step for _, drawn_step in steps)
        + '<bpmn:endEvent id="done" name="Done"/>'
        + "".join(flow(a, b) for a, b in zip(chain, chain[1:], strict=False))
    )
    values = {"owner_role": "incidents.process_owner", "start_roles": ROLE} | ({"record": record} if record else {})
    return Source("diagram", key, f"bpmn/{AREA}/{key}.bpmn", drawn(drawing(body, key=key, name=key, **values)))
