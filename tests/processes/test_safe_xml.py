"""Hostile files are refused with a clear answer before they cost anything."""

import pytest

from app.errors import Refused
from app.processes import safe_xml
from app.processes.definition import read_diagram
from tests.processes.drawings import drawing

LAUGHS = b"""<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">]>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" name="&c;">&c;</definitions>"""


def rule_of(content: bytes) -> str:
    with pytest.raises(Refused) as refusal:
        read_diagram(content, "walk.bpmn")
    (problem,) = refusal.value.problems
    assert problem.message and problem.advice and problem.file == "walk.bpmn"
    return problem.rule


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_in_any_encoding(encoding: str) -> None:
    assert rule_of(LAUGHS.decode().encode(encoding)) == "xml-doctype"


def test_external_entities_are_refused() -> None:
    assert rule_of(b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>') == "xml-doctype"


def test_ten_megabytes_are_refused() -> None:
    assert rule_of(drawing("<!--" + "x" * 10_000_000 + "-->")) == "xml-size"


def test_a_hundred_thousand_elements_are_refused() -> None:
    assert rule_of(drawing("<bpmn:task/>" * 100_000)) == "xml-elements"


def test_deep_nesting_is_refused() -> None:
    depth = safe_xml.MAX_DEPTH
    assert rule_of(drawing("<bpmn:subProcess>" * depth + "</bpmn:subProcess>" * depth)) == "xml-depth"


@pytest.mark.parametrize("content", [b"", b"not xml", b"<open>", b"\x00\x01", drawing("<bpmn:task id=&quot;/>")])
def test_broken_xml_is_refused(content: bytes) -> None:
    assert rule_of(content) == "xml-syntax"


def test_other_xml_is_refused() -> None:
    assert rule_of(b"<html/>") == "bpmn"


def test_an_undeclared_entity_is_refused_with_its_line() -> None:
    with pytest.raises(Refused) as refusal:
        read_diagram(b"<d>\n&x;</d>")
    assert refusal.value.problems[0].line == 2
