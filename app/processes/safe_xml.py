"""BPMN read from XML safely: names, namespaces and the few ways to look into an element."""

from lxml import etree

from app.expressions.safe_xml import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ELEMENTS,
    line_of,
    local_name,
    namespace,
    parse_xml,
    reference,
    text_of,
)

__all__ = [
    "BPMN", "BPMN_DI", "MAX_BYTES", "MAX_DEPTH", "MAX_ELEMENTS", "SPIFF", "child", "children", "is_bpmn", "line_of",
    "local_name", "namespace", "parse_xml", "reference", "text_of",
]  # fmt: skip

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMN_DI = "http://www.omg.org/spec/BPMN/20100524/DI"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"


def is_bpmn(node: etree._Element) -> bool:
    """Tell whether the element belongs to BPMN itself rather than to an extension or the drawing."""
    return namespace(node) == BPMN


def child(node: etree._Element, name: str) -> etree._Element | None:
    """Return the first BPMN child of that name."""
    return node.find(f"{{{BPMN}}}{name}")


def children(node: etree._Element, name: str) -> list[etree._Element]:
    """Return all BPMN children of that name, in document order."""
    return node.findall(f"{{{BPMN}}}{name}")
