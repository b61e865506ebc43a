"""The picture of a shipped diagram in the reader's language: its names, and room for them beside shapes and flows."""

import math
from functools import lru_cache

from lxml import etree

from app.processes.safe_xml import BPMN, BPMN_DI, parse_xml
from app.web import i18n

DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
# What carries a name that is drawn.
NAMED = (
    "participant", "lane", "sequenceFlow", "task", "userTask", "manualTask", "serviceTask", "scriptTask", "sendTask",
    "receiveTask", "businessRuleTask", "callActivity", "subProcess", "startEvent", "endEvent", "boundaryEvent",
    "intermediateCatchEvent", "intermediateThrowEvent", "exclusiveGateway", "inclusiveGateway", "parallelGateway",
    "complexGateway", "eventBasedGateway",
)  # fmt: skip
# In units of the drawing; labels wrap at the width.
SIGN, LINE, WIDEST = 7, 14, 100


def drawing_here(xml: bytes) -> bytes:
    """Return a diagram's file with the names that are drawn in the language of the current request."""
    return xml if i18n.here().language == i18n.SOURCE else _drawing(xml, i18n.here().language)


@lru_cache(512)
def _drawing(xml: bytes, language: str) -> bytes:
    root = parse_xml(xml)
    said: dict[str, str] = {}
    for element in root.iter(*(f"{{{BPMN}}}{name}" for name in NAMED)):
        name = element.get("name", "")
        text = i18n.translations(language, i18n.CONTENT).gettext(name) if name else ""
        if text != name:
            element.set("name", text)
            said[element.get("id", "")] = text
    for drawn in root.iter(f"{{{BPMN_DI}}}BPMNShape", f"{{{BPMN_DI}}}BPMNEdge"):
        label = drawn.find(f"{{{BPMN_DI}}}BPMNLabel/{{{DC}}}Bounds")
        if label is not None and drawn.get("bpmnElement") in said:
            _make_room(label, drawn, said[drawn.get("bpmnElement", "")])
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _make_room(label: etree._Element, drawn: etree._Element, text: str) -> None:
    """Let a label grow for its longest word: away from a flow's first line, and upwards when it is above its shape."""
    x, y, width, height = (float(label.get(name, 0)) for name in ("x", "y", "width", "height"))
    longest = max(len(word) for word in text.split()) * SIGN + 2
    wide = max(width, longest, min(len(text) * SIGN + 2, WIDEST))
    high = max(height, LINE * math.ceil(len(text) * SIGN / wide))
    shape, start = drawn.find(f"{{{DC}}}Bounds"), drawn.find(f"{{{DI}}}waypoint")
    if start is None:
        x -= (wide - width) / 2
    elif x < float(start.get("x", 0)):
        x -= wide - width
    if shape is not None and y + height / 2 < float(shape.get("y", 0)):
        y -= high - height
    for name, value in (("x", x), ("y", y), ("width", wide), ("height", high)):
        label.set(name, f"{value:g}")
