"""Reads what activities do: operations, decisions, calls, scripts, rounds, data."""

from typing import Any

from lxml import etree

from app.processes.elements import Loop
from app.processes.safe_xml import SPIFF, child, children, local_name, reference, text_of


def extension(node: etree._Element, name: str) -> etree._Element | None:
    """Return an element's `spiffworkflow:<name>` extension; modellers differ in the first letter's case."""
    holder = child(node, "extensionElements")
    if holder is None:
        return None
    found = holder.find(f"{{{SPIFF}}}{name}")
    return found if found is not None else holder.find(f"{{{SPIFF}}}{name[:1].upper()}{name[1:]}")


def read_properties(node: etree._Element) -> dict[str, str]:
    """Return the `spiffworkflow:properties` of an element."""
    holder = extension(node, "properties")
    if holder is None:
        return {}
    return {
        part.get("name", "").strip(): part.get("value", "")
        for part in holder
        if local_name(part) == "property" and part.get("name", "").strip()
    }


def read_activity(node: etree._Element) -> dict[str, Any]:
    """Return the fields of `Element` that describe what an activity does."""
    values: dict[str, Any] = {
        "pre_script": text_of(extension(node, "preScript")),
        "post_script": text_of(extension(node, "postScript")),
        "decision": text_of(extension(node, "calledDecisionId")),
        "calls": reference(node.get("calledElement")),
        "script": text_of(child(node, "script")),
        "loop": _read_loop(node),
        "event_sub_process": node.get("triggeredByEvent") == "true",
    }
    operator = extension(node, "serviceTaskOperator")
    if operator is not None:
        values["operator"] = (operator.get("id") or "").strip()
        values["result"] = (operator.get("resultVariable") or "").strip()
        values["parameters"] = {
            part.get("id", "").strip(): (part.get("value") or "").strip()
            for holder in operator
            if local_name(holder) == "parameters"
            for part in holder
            if local_name(part) == "parameter"
        }
    inputs, outputs, _ = read_data(node)
    return values | {"inputs": inputs, "outputs": outputs}


def read_data(node: etree._Element) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """Return the input names, output names and whether there is an io specification at all.

    The name of a data input is the variable's name, or its id where that is none: ids are unique in a file, and
    several activities may well know a variable.
    """
    specification = child(node, "ioSpecification")
    if specification is None:
        return (), (), False
    inputs = tuple(_data_name(part) for part in children(specification, "dataInput"))
    outputs = tuple(_data_name(part) for part in children(specification, "dataOutput"))
    return inputs, outputs, True


def _read_loop(node: etree._Element) -> Loop | None:
    several = child(node, "multiInstanceLoopCharacteristics")
    if several is not None:
        item, result_item = child(several, "inputDataItem"), child(several, "outputDataItem")
        return Loop(
            kind="sequential" if several.get("isSequential") == "true" else "parallel",
            cardinality=text_of(child(several, "loopCardinality")),
            collection=text_of(child(several, "loopDataInputRef")),
            item=_data_name(item),
            result=text_of(child(several, "loopDataOutputRef")),
            result_item=_data_name(result_item),
            condition=text_of(child(several, "completionCondition")),
            attributes={str(key): str(value) for key, value in several.attrib.items()},
        )
    again = child(node, "standardLoopCharacteristics")
    if again is not None:
        return Loop(
            kind="standard",
            condition=text_of(child(again, "loopCondition")),
            maximum=(again.get("loopMaximum") or "").strip(),
            attributes={str(key): str(value) for key, value in again.attrib.items()},
        )
    return None


def _data_name(node: etree._Element | None) -> str:
    if node is None:
        return ""
    name = (node.get("name") or "").strip()
    # A name in words is a label; the variable's name is then the id.
    return name if name.isidentifier() else (node.get("id") or "").strip()
