"""Batches as pages and API make them: which fields there are, what they are called, and what stands in their cells."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import available_timezones

from starlette.datastructures import FormData, UploadFile

from app.domain.records import tags
from app.domain.records.kinds import Attribute, Kind
from app.errors import Invalid, Message
from app.insight.batches import choosing, fields, guessing
from app.insight.batches.choosing import Order
from app.insight.batches.fields import NUMBER, TAGS, Target
from app.insight.batches.matching import tells_apart
from app.insight.batches.planning import Recipe
from app.insight.batches.references import References
from app.web import i18n
from app.web.i18n import gettext as _
from app.web.i18n import here, mark
from app.web.lists import Asking, answer_lists, custom_fields, declared_fields
from app.web.names import priority_text

PRIORITIES = ("P1", "P2", "P3", "P4", "P5", "P6")
FOUND = {
    "update": mark("change it"), "skip": mark("leave it as it is"), "refuse": mark("refuse the row"),
}  # fmt: skip
MISSING = {"create": mark("make a new one"), "refuse": mark("refuse the row")}
EMPTY = {"leave": mark("change nothing"), "clear": mark("empty the field")}
FATES = {
    "new": (mark("new"), "green"), "changed": (mark("changed"), "blue"), "same": (mark("unchanged"), ""),
    "skipped": (mark("skipped"), ""), "left_out": (mark("left out"), "amber"), "wrong": (mark("refused"), "red"),
}  # fmt: skip


def to_import(it: Asking, kind: Kind) -> dict[str, Target]:
    """Return the fields that a table may bring, by name, titles in the reader's language."""
    number = Target(NUMBER, _("Number"), "text")
    found = {NUMBER: number} | _targets(it, kind, fields.importable(kind))
    return found | {TAGS: Target(TAGS, _("Tags"), "tags")}


def to_change(it: Asking, kind: Kind) -> dict[str, Target]:
    """Return the fields that may be changed for many records at once, by name."""
    return _targets(it, kind, fields.changeable(kind))


def asked(it: Asking, kind: Kind) -> frozenset[str]:
    """Return the custom fields that forms about this kind ask."""
    return frozenset(name for name in declared_fields(it, kind) if name not in kind.attributes)


def guessed(it: Asking, kind: Kind, head: Iterable[str]) -> Recipe:
    """Return how a table may be meant to be taken: by its headings, and by how the last one was."""
    targets = to_import(it, kind)
    kept = it.parts.batches.kept_mapping(it.session, kind)
    head = list(head)
    columns = guessing.guess(head, _names(it, kind), kept.get("fields", {}))
    match = kept.get("match", NUMBER)
    if match not in columns:
        match = NUMBER if NUMBER in columns else ""
    return Recipe(
        tuple(columns), targets, match, kept.get("found", "update"), kept.get("missing", "create"),
        kept.get("empty", "leave"), guessing.zone_of(head) or here().zone.key, asked(it, kind),
    )  # fmt: skip


def narrowed(recipe: Recipe) -> Recipe:
    """Return the recipe with those fields alone that it uses."""
    used = {name: target for name, target in recipe.targets.items() if name in recipe.columns}
    return replace(recipe, targets=used)


def matches(targets: Mapping[str, Target]) -> list[Target]:
    """Return the fields by which records may be known again."""
    return [target for target in targets.values() if tells_apart(target)]


def options(target: Target) -> list[tuple[str, str]]:
    """Return the answers of a field that may be given, as keys with their words; empty where any text may stand."""
    return [(key, word) for key, word in target.shown.items() if key not in target.retired]


def _targets(it: Asking, kind: Kind, attributes: Iterable[Attribute]) -> dict[str, Target]:
    words, shown = _words(it, kind)
    lists, now = answer_lists(it, kind), it.parts.lists.current(it.session)
    retired = {name: fields.retired_in(now, key) for name, key in lists.items()}
    found = {
        one.name: Target(
            one.name,
            _(one.title),
            one.type,
            one.entity,
            words=words.get(one.name, {}),
            shown=shown.get(one.name, {}),
            retired=retired.get(one.name, {}),
            list=lists.get(one.name, ""),
        )  # fmt: skip
        for one in attributes
    }
    for field in fields.of_custom(custom_fields(it, kind).values()):
        found[field.name] = Target(
            field.name, field.title, field.type, field.entity, custom=True, words=words.get(field.name, {}),
            shown=shown.get(field.name, {}), retired=retired.get(field.name, {}), list=lists.get(field.name, ""),
        )  # fmt: skip
    return found


def _words(it: Asking, kind: Kind) -> tuple[dict[str, dict[str, str]], dict[str, dict[str, str]]]:
    """Return keys by what people write for them in any language, and what the reader reads for keys; by field."""
    meant: dict[str, dict[str, str]] = {}
    shown: dict[str, dict[str, str]] = {}
    for language in _languages():
        with i18n.at(i18n.place(language, here().zone.key)):
            known = {name: dict(field.options) for name, field in declared_fields(it, kind).items() if field.options}
            for name, words in {**kind.words, "status": kind.statuses}.items():
                known.setdefault(name, {key: _(word) for key, word in words.items()})
            known["priority"] = {code: priority_text(code) for code in PRIORITIES}
        for name, words in known.items():
            for key, word in words.items():
                meant.setdefault(name, {}).setdefault(" ".join(word.split()).casefold(), key)
        # The reader's own language comes last.
        shown |= known
    for name, words in shown.items():
        meant[name] |= {key.casefold(): key for key in words}
    return meant, shown


def _names(it: Asking, kind: Kind) -> dict[str, str]:
    """Return fields by what they are called in any language, and by their own names."""
    found: dict[str, str] = {}
    for language in reversed(_languages()):
        with i18n.at(i18n.place(language, here().zone.key)):
            for name, target in to_import_titles(it, kind).items():
                found.setdefault(guessing.heading(target), name)
                found.setdefault(guessing.heading(name), name)
    return found


def to_import_titles(it: Asking, kind: Kind) -> dict[str, str]:
    """Return what the fields that a table may bring are called here and now."""
    titles = {NUMBER: _("Number")} | {one.name: _(one.title) for one in fields.importable(kind)}
    titles |= {one.name: one.title for one in fields.of_custom(custom_fields(it, kind).values())}
    return titles | {TAGS: _("Tags")}


def _languages() -> list[str]:
    """Return the languages we speak, the reader's last."""
    own = here().language
    return [*(one for one in i18n.languages() if one != own), own]


def counted(counts: Mapping[str, Any]) -> list[tuple[str, int, str, str]]:
    """Return what becomes of how many rows, what needs somebody's eyes first: key, number, word, colour."""
    order = ("wrong", "left_out", "changed", "new", "skipped", "same")
    return [(fate, counts[fate], _(FATES[fate][0]), FATES[fate][1]) for fate in order if counts.get(fate)]


def problems(recipe: Recipe) -> dict[str, list[str]]:
    """Return what is wrong with how a table is to be taken, by input."""
    wrong: dict[str, list[str]] = {}
    seen: set[str] = set()
    for place, name in enumerate(recipe.columns):
        if name and name not in recipe.targets:
            wrong[f"field-{place}"] = [Message("There is no such field.")]
        elif name and name in seen:
            wrong[f"field-{place}"] = [Message("Another column is taken for this already.")]
        seen.add(name)
    if not seen - {"", NUMBER, TAGS}:
        wrong.setdefault("field-0", []).append(Message("Say of at least one column which field it is."))
    known = {target.name for target in matches(recipe.targets)}
    if recipe.match and (recipe.match not in seen or recipe.match not in known):
        wrong["match"] = [Message("Records can only be known by a column of the table.")]
    if NUMBER in seen and recipe.match != NUMBER:
        wrong["match"] = [Message("Numbers are given by us: know the records by them, or leave the column out.")]
    for name, allowed in (("found", FOUND), ("missing", MISSING), ("empty", EMPTY)):
        if getattr(recipe, name) not in allowed:
            wrong[name] = [Message("Please choose one of the given values.")]
    if recipe.zone not in available_timezones():
        wrong["zone"] = [Message("There is no such time zone.")]
    return wrong


def order_of(
    it: Asking, kind: Kind, ids: list[int], texts: dict[str, str], *, added: str, removed: str, watch: str, unwatch: str
) -> Order:
    """Return an order from what somebody has written: texts of fields, tags and people separated by commas.

    Raises:
        Invalid: names each input that cannot be understood.
    """
    targets = to_change(it, kind)
    wrong: dict[str, list[str]] = {}
    values: dict[str, Any] = {}
    try:
        values = choosing.read_values(it.session, it.viewer, targets, texts, here().zone)
    except Invalid as refusal:
        wrong |= refusal.fields
    marks = {}
    for name, written in (("tags_added", added), ("tags_removed", removed)):
        found = sorted({tags.normalise(part) for part in written.split(",")} - {""})
        if any(len(tag) > tags.LONGEST for tag in found):
            wrong[name] = [Message("Please use at most {limit} characters.", limit=tags.LONGEST)]
        marks[name] = tuple(found)
    people = {}
    for name, written in (("watch", watch), ("unwatch", unwatch)):
        said = [part.strip() for part in written.split(",") if part.strip()]
        known = References(it.session, it.viewer, {"person": said})
        try:
            people[name] = tuple(dict.fromkeys(int(known.id_of("person", one)) for one in said))
        except ValueError as error:
            wrong[name] = [error.args[0]]
    if wrong:
        raise Invalid(wrong)
    used = {name: target for name, target in targets.items() if name in values}
    return Order(
        tuple(ids), values, used, asked(it, kind), marks["tags_added"], marks["tags_removed"],
        people["watch"], people["unwatch"],
    )  # fmt: skip


def content_of(data: FormData, limit: int) -> tuple[bytes, str]:
    """Return the file that was chosen, with its name; a program need not give it one.

    Args:
        limit: in megabytes.

    Raises:
        Invalid: none was, or it is too large.
    """
    upload = data.get("file")
    # A browser in which nothing was chosen sends a nameless, empty file.
    if not isinstance(upload, UploadFile) or not (upload.filename or upload.size):
        raise Invalid({"file": [Message("Choose a file.")]})
    upload.file.seek(0)
    content = upload.file.read(limit * 1_000_000 + 1)
    if len(content) > limit * 1_000_000:
        raise Invalid({"file": [Message("This file is too large: at most {limit} MB are kept.", limit=limit)]})
    return content, upload.filename or "table"
