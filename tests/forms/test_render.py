"""Forms as people see them, and back again as browsers post them."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st

from app.forms import Form, check, from_html
from app.forms.messages import Message
from app.forms.schema import FORMATS
from tests.forms.pages import ENVIRONMENT, one, page, pairs, words
from tests.forms.samples import ANSWERS, IMPACT, classify, component, everything_exists, form, hidden_if, text

FORM = classify()
LABELS = {("service", "12"): "Data storage", ("file", "7"): "error.png"}
STATIC = Path(__file__).parents[2] / "app/web/static"


def test_every_input_has_a_label_and_every_id_is_there_once() -> None:
    root = page(FORM, {**ANSWERS, "impact": "site", "major": True})
    ids = [element.get("id") for element in root.xpath("//*[@id]")]
    assert len(ids) == len(set(ids))
    for element in root.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        assert root.xpath("//label[@for=$id]", id=element.get("id")), element.get("name")
    for element in root.xpath("//*[@aria-describedby]"):
        assert set(element.get("aria-describedby").split()) <= set(ids)


def test_nothing_needs_a_looser_content_security_policy() -> None:
    root = page(FORM, ANSWERS, {"title": ["Answer this question."]})
    assert not root.xpath("//script | //style | //@style | //*[@onclick or @onchange]")


def test_what_is_optional_says_so_and_what_is_required_is_marked() -> None:
    root = page(FORM, {})
    assert words(one(root, "//label[@for='f-title']")) == "Title"
    assert one(root, "//input[@id='f-title']").get("aria-required") == "true"
    assert words(one(root, "//label[@for='f-note']")) == "Note optional"
    assert "optional" not in words(one(root, "//fieldset[@id='f-impact-set']/legend"))


def test_a_hint_describes_its_input() -> None:
    root = page(FORM, {})
    assert one(root, "//input[@id='f-service']").get("aria-describedby") == "f-service-hint"
    assert words(one(root, "//p[@id='f-service-hint']")) == "Search by name or number."


def test_the_error_summary_leads_to_each_input_in_the_order_of_the_page() -> None:
    errors = {
        "affected[1].name": ["Answer this question."],
        "title": [Message("Use at least {limit} characters.", limit=5)],
        "impact": ["Choose one of the answers."],
        "salary": ["This form has no such field."],
    }
    rows = [{"name": "Anna Novak"}, {"absent": True}]
    root = page(FORM, {"affected": rows}, errors)
    summary = one(root, "//*[@role='alert']")
    assert words(summary[0]) == "4 answers need another look"
    assert [(link.get("href"), words(link)) for link in summary.xpath(".//a")] == [
        ("#f-title", "Title: Use at least 5 characters."),
        ("#f-impact", "Impact: Choose one of the answers."),
        ("#f-affected-1-name", "Affected people 2, Name: Answer this question."),
    ]
    assert "salary: This form has no such field." in words(summary)
    for link in summary.xpath(".//a"):
        one(root, f"//*[@id='{link.get('href')[1:]}']")
    title = one(root, "//input[@id='f-title']")
    assert (title.get("aria-invalid"), title.get("aria-describedby")) == ("true", "f-title-error")
    assert one(root, "//fieldset[@id='f-impact-set']").get("aria-invalid") == "true"


def test_what_people_typed_is_shown_and_never_run() -> None:
    evil = '"><script>alert(1)</script>{{ 7 * 7 }}'
    root = page(FORM, {"title": evil, "note": evil}, {"title": [evil], evil: [evil]}, labels_of_references={})
    assert not root.xpath("//script")
    assert one(root, "//input[@id='f-title']").get("value") == evil
    assert one(root, "//textarea[@id='f-note']").text == evil


def test_labels_and_notes_are_text_and_markdown_without_html() -> None:
    note = {
        "type": "text",
        "text": "# Head\n**Call** <b onclick=x>back</b> [bad](javascript:alert(1)) ![x](http://x/y.png)",
    }
    root = page(form(note, text("a", label="<i>A</i>")), {})
    assert words(one(root, "//label")).startswith("<i>A</i>")
    assert words(one(root, "//strong")) == "Call"
    assert words(one(root, "//h3")) == "Head"
    assert not root.xpath("//i | //b | //img")
    assert root.xpath("//a/@href") == ["http://x/y.png"], "a picture becomes a link"


def test_hidden_fields_are_not_on_the_page() -> None:
    assert not page(FORM, {"impact": "team"}).xpath("//*[@name='major']")
    assert page(FORM, {"impact": "site"}).xpath("//*[@name='major']")


def test_only_fields_that_conditions_depend_on_offer_an_update_without_javascript() -> None:
    root = page(FORM, {"impact": "site"})
    offered = [button.getparent().get("data-field") for button in root.xpath("//button[@value='refresh']")]
    assert offered == ["impact", "major"]
    assert {element.get("name") for element in root.xpath("//*[@data-watched]")} == {"impact", "major"}


def test_enter_presses_the_main_button_and_not_a_rows() -> None:
    first = page(FORM, ANSWERS).xpath("//button")[0]
    assert first.get("name") is None and first.get("tabindex") == "-1"


def test_an_optional_choice_can_be_taken_back() -> None:
    root = page(form(component("radio", "a", values=IMPACT)), {"a": "team"})
    assert [element.get("value") for element in root.xpath("//input[@type='radio']")] == ["person", "team", "site", ""]


def test_readonly_values_are_shown_in_words_and_not_posted() -> None:
    read_only: dict[str, Any] = {"readonly": True}
    sample = form(
        component("radio", "impact", values=IMPACT, **read_only),
        component("taglist", "tags", values=IMPACT, **read_only),
        component("reference", "service", properties={"entity": "service"}, **read_only),
        component("datetime", "started", subtype="datetime", **read_only),
        component("datetime", "day", subtype="date", **read_only),
        component("number", "people", **read_only),
        text("empty", **read_only),
    )
    values = {
        "impact": "site",
        "tags": ["team", "person"],
        "service": "12",
        "started": "2026-03-06T15:50:00+00:00",
        "day": "2026-03-06",
        "people": 12345.5,
    }
    berlin = ZoneInfo("Europe/Berlin")
    root = page(sample, values, labels_of_references=LABELS, zone=berlin, locale=Locale("de"))
    shown = [words(element) for element in root.xpath("//p[@class='ro']")]
    assert shown == [
        "Whole site",
        "A team, One person",
        "Data storage",
        "06.03.2026, 16:50:00",
        "06.03.2026",
        "12.345,5",
        "not known",
    ]
    assert pairs(root) == []


def test_columns_become_classes() -> None:
    root = page(FORM, {})
    urgency, service = one(root, "//*[@data-field='urgency']"), one(root, "//*[@data-field='service']")
    assert urgency.get("class") == "f s8 row-start"
    assert service.get("class") == "f s8"


def test_files_that_are_there_are_listed_and_can_be_removed() -> None:
    root = page(FORM, ANSWERS, labels_of_references=LABELS, file_url="/files")
    link = one(root, "//ul[@class='files']//a")
    assert (link.get("href"), words(link)) == ("/files/7", "error.png")
    button = one(root, "//ul[@class='files']//button")
    assert (button.get("value"), words(button)) == ("remove:screenshots:0", "Remove error.png")
    upload = one(root, "//input[@type='file']")
    assert (upload.get("name"), upload.get("multiple") is not None, upload.get("accept")) == (
        "screenshots~upload",
        True,
        ".png,image/*",
    )


def test_a_full_list_cannot_grow_and_a_fixed_one_neither() -> None:
    rows = {"type": "dynamiclist", "path": "r", "label": "R", "components": [text("a")]}
    assert not page(form(rows), {"r": [{}] * 100}).xpath("//button[@value='add:r']")
    fixed = page(form({**rows, "allowAddRemove": False}), {"r": [{}]})
    assert not fixed.xpath("//button[@name='_form']")


def test_a_date_that_is_none_is_shown_as_it_was_typed() -> None:
    root = page(FORM, {"day": "next Friday", "people": "a few", "started_at": "soon", "hour": "noon"})
    for name, value in [("day", "next Friday"), ("people", "a few"), ("started_at", "soon"), ("hour", "noon")]:
        element = one(root, f"//input[@name='{name}']")
        assert (element.get("type"), element.get("value")) == ("text", value)


def test_two_forms_on_a_page_do_not_meet() -> None:
    root = page(FORM, ANSWERS, {"title": ["x"]}, prefix="start.")
    assert all(name.startswith("start.") for name, _ in pairs(root))
    assert one(root, "//*[@role='alert']//a").get("href") == "#f-start-title"


def test_templates_render_a_form_themselves() -> None:
    shown = ENVIRONMENT.from_string("<form>{{ render_form(form, {'title': 'A & B'}, {}) }}</form>").render(form=FORM)
    assert 'value="A &amp; B"' in shown


def test_every_class_of_the_templates_is_styled() -> None:
    styled = set(re.findall(r"\.([a-z][a-z0-9-]*)", (STATIC / "css/forms.css").read_text()))
    root = page(FORM, {**ANSWERS, "impact": "site"}, {"impact": ["x"], "affected": ["x"]})
    used = {name for value in root.xpath("//@class") for name in value.split()}
    assert used - styled <= {"s16", "quiet"}


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip)
WRITTEN = TEXTS.filter(bool)
LINES = st.lists(WRITTEN, min_size=1, max_size=3).map("\n".join)
MOMENTS = st.integers(0, 2**31).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
SUBSETS = st.lists(st.sampled_from(["person", "team", "site"]), unique=True)
IDS = st.from_regex(r"[0-9]{1,9}", fullmatch=True)
NUMBERS = st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6).map(lambda number: round(number, 3))
QUESTIONS: dict[str, tuple[dict[str, Any], st.SearchStrategy[Any]]] = {
    "text": (text("q"), WRITTEN),
    "textarea": (component("textarea", "q"), LINES),
    "number": (component("number", "q"), NUMBERS),
    "select": (component("select", "q", values=IMPACT), st.sampled_from(["person", "site"])),
    "radio": (component("radio", "q", values=IMPACT), st.sampled_from(["person", "site"])),
    "checkbox": (component("checkbox", "q"), st.booleans()),
    "checklist": (component("checklist", "q", values=IMPACT), SUBSETS),
    "taglist": (component("taglist", "q", values=IMPACT), SUBSETS),
    "date": (component("datetime", "q", subtype="date"), st.dates().map(lambda day: day.isoformat())),
    "time": (component("datetime", "q", subtype="time"), st.times().map(lambda time: time.isoformat("minutes"))),
    "datetime": (component("datetime", "q", subtype="datetime"), MOMENTS.map(lambda moment: moment.isoformat())),
    "reference": (component("reference", "q", properties={"entity": "service"}), IDS),
    "file": (component("filepicker", "q", multiple=True), st.lists(IDS, unique=True, max_size=3)),
}  # fmt: skip
FORMS = {kind: form(question) for kind, (question, _) in QUESTIONS.items()}
ROWS = {
    kind: form({"type": "dynamiclist", "path": "rows", "label": "Rows", "components": [question, text("other")]})
    for kind, (question, _) in QUESTIONS.items()
}
ANSWERED = st.sampled_from(sorted(QUESTIONS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.none() | QUESTIONS[kind][1])
)


def posted_back(form: Form, values: dict[str, Any], **options: Any) -> dict[str, Any]:
    zone = options.get("zone", UTC)
    return check(form, from_html(form, pairs(page(form, values, **options)), zone=zone), references=everything_exists)


@pytest.mark.parametrize("kind", sorted(QUESTIONS))
def test_every_kind_with_a_value_is_tried_below(kind: str) -> None:
    assert FORMS[kind].fields[0].kind == kind


@settings(deadline=None)
@given(ANSWERED)
def test_what_is_shown_comes_back_when_it_is_posted(answered: tuple[str, Any]) -> None:
    kind, value = answered
    cleaned = check(FORMS[kind], {"q": value}, references=everything_exists)
    assert posted_back(FORMS[kind], cleaned) == ({"q": blank(kind)} if value is None else cleaned)


@settings(deadline=None)
@given(ANSWERED, WRITTEN)
def test_what_is_shown_in_rows_comes_back(answered: tuple[str, Any], other: str) -> None:
    kind, value = answered
    values = {"rows": [{"q": value, "other": other}, {"q": value, "other": "x"}]}
    cleaned = check(ROWS[kind], values, references=everything_exists)
    if value is None:
        for row in cleaned["rows"]:
            row["q"] = blank(kind)
    assert posted_back(ROWS[kind], values) == cleaned


@settings(deadline=None)
@given(MOMENTS, st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]))
def test_points_in_time_come_back_whatever_the_zone(moment: datetime, name: str) -> None:
    """The hour that a clock shows twice a year is the one exception: it comes back as the first of the two."""
    back = posted_back(FORMS["datetime"], {"q": moment.isoformat()}, zone=ZoneInfo(name))["q"]
    assert moment - datetime.fromisoformat(back) in (timedelta(0), timedelta(hours=1))
    assert FORMATS.conforms(back, "date-time")


def blank(kind: str) -> Any:
    return False if kind == "checkbox" else [] if kind in ("checklist", "taglist", "file") else None


def test_a_whole_form_comes_back() -> None:
    values = {**ANSWERS, "impact": "site", "major": True, "major_reason": "All of building C"}
    values["affected"] = [
        {"name": "Chiara Ricci", "absent": True, "deputy": None},
        {"name": "Anna Novak", "absent": False},
    ]
    assert posted_back(FORM, values, labels_of_references=LABELS) == values


def test_a_group_that_is_hidden_and_one_that_is_shown() -> None:
    group = {"type": "group", "label": "More", "components": [text("b")], **hidden_if("= a = null")}
    assert not page(form(text("a"), group), {}).xpath("//legend")
    assert words(one(page(form(text("a"), group), {"a": "x"}), "//fieldset/legend")) == "More"
