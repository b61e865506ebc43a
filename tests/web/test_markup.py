"""What people and process owners write is text on every page, never markup."""

import json
from dataclasses import replace

from tests.stage import YEAR
from tests.web.office import Office
from tests.web.walks import FORM, walk

EVIL = '<img src=x onerror="alert(1)">'


def test_texts_of_a_report_are_text_everywhere(office: Office) -> None:
    number = office.report(EVIL)
    task = office.task(number).id
    anna = office.browser("Anna Novak")
    anna.post(f"/records/incident/INC-{YEAR}-0001/comments", {"body": EVIL})
    pages = [
        "/work?tab=teams", f"/work/tasks/{task}", f"/work/tasks/{task}?view=record", f"/work/tasks/{task}?view=journal",
        f"/work/tasks/{task}?view=comments", f"/work/tasks/{task}/reassign", "/cases", f"/cases/{number}",
        "/records/incident", f"/records/incident/INC-{YEAR}-0001", f"/records/incident/INC-{YEAR}-0001?view=history",
        f"/records/incident/INC-{YEAR}-0001?view=comments", "/search?q=img",
    ]  # fmt: skip
    for path in pages:
        page = anna.see(path)
        assert not page.all("//img[@onerror]"), path
        assert EVIL in page.text or EVIL in "".join(page.tree.xpath("//input/@value | //textarea/text()")), path


def test_names_in_diagrams_and_forms_are_text(office: Office) -> None:
    name = "&lt;b onclick=&quot;x&quot;&gt;Look&lt;/b&gt;"
    form, diagram = walk()
    evil_form = json.loads(json.dumps(FORM))
    evil_form["components"][0]["label"] = EVIL
    office.publish(
        replace(form, content=json.dumps(evil_form).encode()),
        replace(diagram, content=diagram.content.replace(b'name="Look"', f'name="{name}"'.encode())),
    )
    anna = office.browser("Anna Novak")
    path = anna.post("/start/walk").headers["location"]
    for place in (path, "/work?tab=teams", f"{path}?view=journal", "/start", "/start/walk"):
        page = anna.see(place)
        assert not page.all("//b[@onclick] | //img[@onerror]"), place
    assert EVIL in anna.see(path).text


def test_searching_for_markup_shows_it_as_text(office: Office) -> None:
    page = office.browser("Anna Novak").see("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>alert(1)</script>" in page.text
    assert not page.all("//script[contains(text(), 'alert')]")


def test_guidance_keeps_its_form_but_nothing_active(office: Office) -> None:
    form, diagram = walk()
    guidance = (
        "**Look** [here](javascript:alert(1)) &lt;script&gt;x&lt;/script&gt; ![p](http://elsewhere.example/p.png)"
    )
    due = b'<spiffworkflow:property name="due"'
    with_guidance = f'<spiffworkflow:property name="guidance" value="{guidance}"/>'.encode() + due
    office.publish(form, replace(diagram, content=diagram.content.replace(due, with_guidance)))
    anna = office.browser("Anna Novak")
    page = anna.see(anna.post("/start/walk").headers["location"])
    assert page.texts("//div[@class='instr']//strong") == ["Look"]
    assert page.tree.xpath("//div[@class='instr']//a/@href") == ["http://elsewhere.example/p.png"]
    assert not page.all("//div[@class='instr']//img | //div[@class='instr']//script")
