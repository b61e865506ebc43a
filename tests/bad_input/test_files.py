"""Hostile and broken files, published the way everybody publishes: refused in words, and nothing of them is stored."""

from dataclasses import replace

import pytest
from sqlalchemy import text as sql

from app.errors import Problem, Refused
from app.processes.sources import Source
from tests.engine.drawings import end, flows, script, start, user
from tests.stage import Stage, ask, decision, draw, form, text

GOOD = draw("walk", start() + user("look") + end() + flows("s look e"))
FORM = form("look", text("title"))


def changed(old: bytes, new: bytes, source: Source = GOOD) -> Source:
    assert old in source.content
    return replace(source, content=source.content.replace(old, new, 1))


def with_doctype(declarations: str, used: str = "") -> Source:
    body = GOOD.content.replace(b'name="Walk"', f'name="{used or "Walk"}"'.encode())
    return replace(GOOD, content=f"<!DOCTYPE definitions [{declarations}]>".encode() + body)


LAUGHS = '<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)
HOSTILE = {
    "internal entity": (with_doctype('<!ENTITY x "y">', "&x;"), "xml-doctype"),
    "billion laughs": (with_doctype(LAUGHS, "&j;"), "xml-doctype"),
    "external entity": (with_doctype('<!ENTITY x SYSTEM "file:///etc/passwd">', "&x;"), "xml-doctype"),
    "entity from the network": (with_doctype('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "&x;"), "xml-doctype"),
    "parameter entity": (with_doctype('<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;'), "xml-doctype"),
    "a DTD from elsewhere": (
        replace(GOOD, content=b'<!DOCTYPE definitions SYSTEM "file:///etc/passwd">' + GOOD.content), "xml-doctype",
    ),
    "10 MB": (changed(b"</process>", b"<documentation>" + b"x" * 10_000_000 + b"</documentation></process>"),
              "file-size"),
    "100,000 elements": (changed(b"</process>", b"<textAnnotation/>" * 100_000 + b"</process>"), "xml-elements"),
    "100,000 levels": (changed(b"</process>", b"<a>" * 100_000 + b"</a>" * 100_000 + b"</process>"), "xml-depth"),
    "a 9 MB attribute": (changed(b'name="Walk"', b'name="' + b"x" * 9_000_000 + b'"'), "file-size"),
    "half a file": (replace(GOOD, content=GOOD.content[:400]), "xml-syntax"),
    "nothing": (replace(GOOD, content=b""), "xml-syntax"),
    "no XML": (replace(GOOD, content=b"\x00\x01\x02MZ"), "xml-syntax"),
    "an encoding that does not exist": (
        replace(GOOD, content=b'<?xml version="1.0" encoding="nonsense"?>' + GOOD.content), "xml-syntax",
    ),
    "a web page": (replace(GOOD, content=b"<html><body>Hello</body></html>"), "bpmn"),
    "no drawing information": (replace(GOOD, content=GOOD.content.partition(b"<bpmndi:BPMNDiagram")[0]
                                       + b"</definitions>"), "not-drawn"),
    "duplicate ids": (changed(b'<userTask id="look"/>', b'<userTask id="look"/><userTask id="look"/>'), "duplicate-id"),
    "Python in a script": (
        draw("walk", start() + script("x", "import os\nos.system('id')") + end() + flows("s x e")), "bad-script",
    ),
    "a form that is no JSON": (replace(FORM, content=b"{"), ""),
    "a form with an unknown component": (form("look", ask("hologram", "title")), "form.component"),
    "a form that is nested without end": (
        replace(FORM, content=b'{"components":[' * 20_000 + b"]}" * 20_000), "",
    ),
    "a form with a key twice": (form("look", text("title"), text("title")), ""),
    "a decision with an entity": (
        replace(decision("choose", {'"x"': "a"}), content=b'<!DOCTYPE d [<!ENTITY x "y">]>'
                + decision("choose", {'"x"': "a"}).content), "xml-doctype",
    ),
}  # fmt: skip


def stored(stage: Stage) -> list[tuple[str, str]]:
    with stage.parts.database.transaction() as session:
        return [tuple(row) for row in session.execute(sql("SELECT kind, key FROM definition ORDER BY id"))]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_does_harm_is_refused_and_nothing_beside_it_is_published(stage: Stage, name: str) -> None:
    hostile, rule = HOSTILE[name]
    innocent = draw("other", start() + user("gaze") + end() + flows("s gaze e"))
    files = [innocent, form("gaze", text("title")), hostile]
    if hostile.kind == "diagram":
        files.append(FORM)
    if hostile.kind == "form":
        files.append(GOOD)
    with pytest.raises(Refused) as refused:
        stage.publish(*files)
    errors = [problem for problem in refused.value.problems if problem.severity == "error"]
    assert errors
    _clear(errors, hostile, rule)
    assert stored(stage) == []
    # And it did no harm to what comes after it.
    stage.publish(innocent, form("gaze", text("title")))
    stage.start("other")


def _clear(errors: list[Problem], hostile: Source, rule: str) -> None:
    told = [problem for problem in errors if problem.file == hostile.file]
    assert told, errors
    if rule:
        assert rule in {problem.rule for problem in told}
    for problem in told:
        assert problem.message and len(problem.message) < 1000
        assert "Traceback" not in problem.message and "root:" not in str(problem)


def test_only_a_file_without_drawing_information_is_told_in_one_line(stage: Stage) -> None:
    with pytest.raises(Refused) as refused:
        stage.publish(HOSTILE["no drawing information"][0], FORM)
    [problem] = refused.value.problems
    assert problem.message == "The diagram has no drawing information."
    assert "modeller" in problem.advice


def test_all_that_is_wrong_with_several_files_is_told_at_once(stage: Stage) -> None:
    with pytest.raises(Refused) as refused:
        stage.publish(
            HOSTILE["duplicate ids"][0], HOSTILE["a form with an unknown component"][0],
            decision("choose", {"[1..": "a"}),
        )  # fmt: skip
    files = {problem.file for problem in refused.value.problems}
    assert files == {"bpmn/incidents/walk.bpmn", "forms/incidents/look.form", "bpmn/incidents/choose.dmn"}


@pytest.mark.parametrize("key", ["../../x", "a/b", "", "x" * 200, "Ünicode", "a\x00b", "con", "con.txt"])
def test_a_key_that_could_lead_elsewhere(stage: Stage, key: str) -> None:
    body = GOOD.content.replace(b'<process id="walk"', f'<process id="{key}"'.encode())
    for source in (
        replace(GOOD, key=key, content=body, file=f"bpmn/incidents/{key}.bpmn"), replace(GOOD, key=key),
        replace(GOOD, content=body),
    ):  # fmt: skip
        if key == "con" and source.key == key and source.content == body:
            continue  # a plain word; what a Windows computer makes of such a file is not our danger
        with pytest.raises(Refused):
            stage.publish(source, FORM)
    assert stored(stage) == []
