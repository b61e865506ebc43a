"""Reads event definitions: what an event waits for, throws or catches."""

from collections.abc import Mapping
from typing import Any

from lxml import etree

from app.processes.safe_xml import child, children, is_bpmn, local_name, reference, text_of

SUFFIX = "EventDefinition"
TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}


class Definitions:
    """The things that stand beside the processes of a file and that events point to by id."""

    def __init__(self, root: etree._Element) -> None:
        nodes = {node.get("id", ""): node for node in root.iter() if is_bpmn(node) and node.get("id")}
        self._nodes: Mapping[str, etree._Element] = nodes

    def find(self, ref: str, kind: str) -> etree._Element | None:
        """Return the element with that id if it is of that kind (`message`, `error`, …)."""
        node = self._nodes.get(ref)
        return node if node is not None and local_name(node).endswith(kind) else None


def event_definitions(node: etree._Element, definitions: Definitions) -> tuple[list[etree._Element], list[str]]:
    """Return the event definitions of an event, inline or by reference, and the references that lead nowhere."""
    found: list[etree._Element] = []
    undefined: list[str] = []
    for part in node:
        if not is_bpmn(part):
            continue
        if local_name(part).endswith(SUFFIX):
            found.append(part)
        elif local_name(part) == "eventDefinitionRef":
            target = definitions.find(reference(part.text), SUFFIX)
            if target is None:
                undefined.append(reference(part.text))
            else:
                found.append(target)
    return found, undefined


def _name_of(
    ref: str | None, kind: str, attributes: tuple[str, ...], definitions: Definitions, undefined: list[str]
) -> str:
    if not ref:
        return ""
    target = definitions.find(reference(ref), kind)
    if target is None:
        undefined.append(reference(ref))
        return ""
    return next((value for name in attributes if (value := (target.get(name) or "").strip())), "")


def read_event(node: etree._Element, definitions: Definitions) -> dict[str, Any]:
    """Return the fields of `Element` that describe the event (or the message of a send or receive task)."""
    found, undefined = event_definitions(node, definitions)
    kinds = tuple(local_name(part).removesuffix(SUFFIX) for part in found)
    values: dict[str, Any] = {"events": kinds, "event": kinds[0] if len(kinds) == 1 else "multiple" if kinds else ""}
    for kind, part in zip(kinds, found, strict=True):
        match kind:
            case "message":
                values["message"] = _name_of(part.get("messageRef"), "message", ("name",), definitions, undefined)
            case "signal":
                values["signal"] = _name_of(part.get("signalRef"), "signal", ("name",), definitions, undefined)
            case "error":
                codes = ("errorCode", "name")
                values["error"] = _name_of(part.get("errorRef"), "error", codes, definitions, undefined)
            case "escalation":
                codes = ("escalationCode", "name")
                values["escalation"] = _name_of(part.get("escalationRef"), "escalation", codes, definitions, undefined)
            case "timer":
                values |= _read_timer(part)
            case "conditional":
                values["condition"] = text_of(child(part, "condition"))
            case "link":
                values["link"] = (part.get("name") or node.get("name") or "").strip()
    if local_name(node) in ("sendTask", "receiveTask"):
        values["message"] = _name_of(node.get("messageRef"), "message", ("name",), definitions, undefined)
    values["undefined"] = tuple(undefined)
    return values


def _read_timer(part: etree._Element) -> dict[str, str]:
    for tag, kind in TIMERS.items():
        for node in children(part, tag):
            return {"timer": text_of(node), "timer_kind": kind}
    return {}
