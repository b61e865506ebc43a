"""A small process of the tests' own: look at something, count it, share it out; counting none makes it stuck."""

import json

from app.processes.sources import Source
from tests.processes.drawings import drawing, drawn, flow, properties

FORM = {
    "type": "default",
    "id": "look",
    "schemaVersion": 16,
    "components": [
        {"type": "textfield", "key": "title", "label": "Title"},
        {"type": "number", "key": "count", "label": "How many", "properties": {"variable": "count"}},
    ],
}


def walk() -> list[Source]:
    """Return the diagram `walk` and its form."""
    members = "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in ("begin", "look", "share", "done"))
    body = (
        f'<bpmn:laneSet id="lanes"><bpmn:lane id="staff" name="Staff">{properties(role="incidents.process_staff")}'
        f"{members}</bpmn:lane></bpmn:laneSet>"
        '<bpmn:startEvent id="begin" name="Begin"/>'
        f'<bpmn:userTask id="look" name="Look">{properties(due="working_hours(4)")}</bpmn:userTask>'
        '<bpmn:scriptTask id="share" name="Share out"><bpmn:script>share = 100 / count</bpmn:script></bpmn:scriptTask>'
        '<bpmn:endEvent id="done" name="Done"/>' + flow("begin", "look") + flow("look", "share") + flow("share", "done")
    )
    xml = drawing(body, start_roles="incidents.process_staff", owner_role="incidents.process_owner", blueprint="T-01")
    return [
        Source("form", "incidents/look", "forms/incidents/look.form", json.dumps(FORM).encode()),
        Source("diagram", "walk", "bpmn/incidents/walk.bpmn", drawn(xml)),
    ]
