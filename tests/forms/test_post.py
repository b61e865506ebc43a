"""Posts of browsers without JavaScript: texts of references resolved, files kept, rows added."""

from io import BytesIO

import pytest
from starlette.datastructures import Headers, UploadFile

from app.errors import BusinessError
from app.forms.references import references_in
from app.web.forms import Post, parse_post, post_errors
from tests.forms.pages import one, page, pairs, words
from tests.forms.samples import ANSWERS, classify, component, everything_exists, form, text

FORM = classify()
SERVICES = [("12", "Data storage"), ("13", "Data storage archive"), ("20", "E-mail")]


def lookup(entity: str, wanted: str) -> list[tuple[str, str]]:
    assert entity == "service"
    return [service for service in SERVICES if wanted.casefold() in service[1].casefold()]


def post(*sent: tuple[str, str | UploadFile], action: str = "") -> Post:
    return parse_post(FORM, [*sent, ("_form", action), ("_csrf", "t")], lookup=lookup)


def upload(name: str, media_type: str = "image/png") -> UploadFile:
    return UploadFile(BytesIO(b"content"), filename=name, headers=Headers({"content-type": media_type}))


def typed(words: str, identifier: str = "", label: str = "") -> list[tuple[str, str]]:
    return [("service", identifier), ("service~label", label), ("service~text", words)]


def test_a_text_with_one_match_is_taken() -> None:
    assert post(*typed("mail")).values["service"] == "20"


def test_an_exact_name_wins_over_longer_ones() -> None:
    assert post(*typed("data STORAGE ")).values["service"] == "12"


def test_what_was_chosen_stays_while_its_text_stays() -> None:
    assert post(*typed("Old name", "99", "Old name")).values["service"] == "99"


def test_a_changed_text_counts_more_than_the_old_choice() -> None:
    assert post(*typed("mail", "12", "Data storage")).values["service"] == "20"
    assert post(*typed(" ", "12", "Data storage")).values["service"] is None


def test_several_matches_are_offered_and_one_of_them_is_taken() -> None:
    first = post(*typed("data"))
    assert first.values["service"] is None
    assert first.errors == {"service": ["Several entries match “data”. Choose one of them."]}
    root = page(FORM, first.values, first.errors, post=first)
    offered = root.xpath("//fieldset[@class='candidates']//label")
    assert [words(label) for label in offered] == ["Data storage", "Data storage archive"]
    again = parse_post(FORM, [*pairs(root), ("service", "13")], lookup=lookup)
    assert (again.values["service"], again.errors) == ("13", {})
    without_choice = parse_post(FORM, pairs(root), lookup=lookup)
    assert without_choice.errors == first.errors


def test_no_match_is_an_error_that_keeps_the_text() -> None:
    result = post(*typed("telepathy"))
    assert result.errors == {"service": ["Nothing was found for “telepathy”. Try a part of the name or the number."]}
    shown = one(page(FORM, result.values, result.errors, post=result), "//input[@name='service~text']")
    assert (shown.get("value"), shown.get("aria-invalid")) == ("telepathy", "true")


def test_references_in_rows_are_resolved_and_forgotten_with_their_row() -> None:
    ci = component("reference", "ci", properties={"entity": "service"})
    sample = form({"type": "dynamiclist", "path": "rows", "label": "Rows", "components": [ci, text("why")]})
    sent = [("rows[0].ci~text", "mail"), ("rows[1].ci~text", "data"), ("rows[1].why", "slow")]
    result = parse_post(sample, sent, lookup=lookup)
    assert result.values == {"rows": [{"ci": "20"}, {"ci": None, "why": "slow"}]}
    assert list(result.errors) == ["rows[1].ci"]
    removed = parse_post(sample, [*sent, ("_form", "remove:rows:0")], lookup=lookup)
    assert removed.values == {"rows": [{"ci": None, "why": "slow"}]}
    assert removed.errors == removed.texts == removed.candidates == {}


def test_everything_wrong_is_told_together() -> None:
    result = post(*typed("telepathy"), ("title", ""), ("impact", "team"))
    errors = post_errors(FORM, result, references=everything_exists)
    assert set(errors) == {"title", "urgency", "service"}
    assert "telepathy" in errors["service"][0]
    assert post_errors(FORM, Post(dict(ANSWERS)), references=everything_exists) == {}


def test_the_pages_buttons_change_the_values() -> None:
    assert post(("affected[0].name", "Ben Osei"), action="add:affected").values["affected"] == [
        {"name": "Ben Osei"},
        {},
    ]
    assert post(("affected[0].name", "Ben Osei"), action="remove:affected:0").values["affected"] == []
    assert post(action="refresh").action == "refresh"


def test_uploads_are_apart_from_values_or_stored_at_once() -> None:
    sent = [("screenshots", "7"), ("screenshots~upload", upload("a.png")), ("screenshots~upload", upload(""))]
    result = post(*sent)
    assert result.values["screenshots"] == ["7"]
    assert [file.filename for file in result.files["screenshots"]] == ["a.png"]
    result.attach(FORM, "screenshots", ["8"])
    assert result.values["screenshots"] == ["7", "8"]
    stored = parse_post(FORM, sent, lookup=lookup, store=lambda file: f"id of {file.filename}")
    assert (stored.values["screenshots"], stored.files) == (["7", "id of a.png"], {})


def test_a_single_file_takes_the_place_of_the_old_one() -> None:
    single = form(component("filepicker", "photo"))
    sent: list[tuple[str, str | UploadFile]] = [("photo", "1"), ("photo~upload", upload("a.png"))]
    assert parse_post(single, sent, lookup=lookup, store=lambda _: "2").values == {"photo": ["2"]}


def test_a_file_that_cannot_be_stored_is_an_error_of_its_field() -> None:
    def store(file: UploadFile) -> str:
        raise BusinessError("file.too_large", "The file is larger than 20 MB.")

    result = parse_post(FORM, [("screenshots~upload", upload("a.png"))], lookup=lookup, store=store)
    assert result.errors == {"screenshots": ["The file is larger than 20 MB."]}


@pytest.mark.parametrize(
    ("name", "media_type", "taken"),
    [
        ("a.PNG", "application/octet-stream", True),
        ("a.jpg", "image/jpeg", True),
        ("a.exe", "application/x-msdownload", False),
        ("image/", "", False),
    ],
)
def test_only_files_that_are_asked_for_are_taken(name: str, media_type: str, taken: bool) -> None:
    result = post(("screenshots~upload", upload(name, media_type)))
    assert bool(result.files) is taken
    assert bool(result.errors) is not taken


def test_a_file_for_another_field_is_ignored() -> None:
    result = post(("title~upload", upload("a.png")), ("salary~upload", upload("a.png")), ("title", upload("a.png")))
    assert (result.files, result.errors) == ({}, {})


def test_what_values_refer_to_is_gathered_for_labels() -> None:
    assert references_in(FORM, ANSWERS) == {("service", "12"), ("file", "7")}
    assert references_in(FORM, {"service": 3, "screenshots": "x", "affected": "y"}) == set()


def test_a_prefix_keeps_forms_apart() -> None:
    root = page(FORM, {**ANSWERS}, prefix="start.")
    sent = [*pairs(root), ("title", "Another form"), ("_form", "remove:start.affected:0")]
    result = parse_post(FORM, sent, lookup=lookup, prefix="start.")
    assert result.values["title"] == ANSWERS["title"]
    assert [row["name"] for row in result.values["affected"]] == ["Anna Novak"]
