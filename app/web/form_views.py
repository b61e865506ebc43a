"""What the templates of a form need to know about each field, worked out in Python so that they stay plain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal
from markupsafe import Markup

from app.forms.definition import Form
from app.forms.fields import FILE_ENTITY, LISTS, Field, Section
from app.forms.names import Path, join
from app.forms.visibility import holds, scope_of
from app.web.markdown import markdown

Labels = Mapping[tuple[str, str], str]
"""(entity, id) → what people call it; stored files stand under the entity `file`."""

Errors = Mapping[str, Sequence[str]]
Candidates = Mapping[str, Sequence[tuple[str, str]]]
"""Name of a reference input → the (id, label) pairs that its text may mean."""

STACKED_FROM = 60


@dataclass(slots=True)
class Choice:
    """One answer that may be chosen, or one stored file."""

    id: str
    value: str
    label: str
    chosen: bool = False


@dataclass(slots=True)
class View:
    """One field as it stands on the page; `name` and `id` are those of its input."""

    kind: str
    question: Field
    name: str = ""
    id: str = ""
    classes: str = ""
    value: str = ""
    type: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    errors: Sequence[str] = ()
    described: str = ""
    watched: bool = False
    choices: list[Choice] = field(default_factory=list)
    stacked: bool = False
    label_of_value: str = ""
    shown: str | None = None
    html: Markup = Markup("")
    fields: list["View"] = field(default_factory=list)
    rows: list[list["View"]] = field(default_factory=list)
    may_add: bool = False


@dataclass(slots=True)
class Complaint:
    """One line of the error summary; `id` is empty where there is no input to go to."""

    id: str
    label: str
    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Views:
    """Makes the views of one form for one request."""

    form: Form
    errors: Errors
    labels: Labels
    prefix: str = ""
    zone: tzinfo = UTC
    locale: Locale = Locale("en")
    texts: Mapping[str, str] = field(default_factory=dict)
    candidates: Candidates = field(default_factory=dict)

    def all(self, values: Mapping[str, Any]) -> list[View]:
        """Return the views of the form's visible fields."""
        return self._section(self.form.section, values, (), {})

    def complaints(self, views: Sequence[View]) -> list[Complaint]:
        """Return the lines of the error summary in the order of the page; those without an input come last."""
        found = list(_complaints(views, "", 0))
        on_page = {view.name for view in _flat(views)}
        for name, messages in self.errors.items():
            if self.prefix + name not in on_page:
                found += [Complaint("", name, 0, message) for message in messages]
        return found

    def _section(
        self, section: Section, values: Mapping[str, Any], place: Path, outer: Mapping[str, Any]
    ) -> list[View]:
        scope, _ = scope_of(section, values, outer)
        return self._level(section.fields, values, place, scope, join((*place, "at")))

    def _level(
        self,
        fields: Sequence[Field],
        values: Mapping[str, Any],
        place: Path,
        scope: Mapping[str, Any],
        trail: str,
    ) -> list[View]:
        """Make the views of the visible `fields`; `trail` names what has no key by its place in the form."""
        views: list[View] = []
        for index, question in enumerate(fields):
            if holds(question.hide, scope):
                continue
            if question.key:
                view = self._input(question, values.get(question.key), (*place, question.key), scope)
            else:
                view = View(question.kind, question, id=self._id(f"{trail}-{index}"))
                view.fields = self._level(question.fields, values, place, scope, f"{trail}-{index}")
                view.html = markdown(question.text) if question.text else Markup("")
            view.classes = f"f s{question.columns}" + (" row-start" if question.row_start else "")
            views.append(view)
        return views

    def _id(self, name: str) -> str:
        plain = (self.prefix + name).replace("[", "-").replace("]", "").replace(".", "-")
        return f"f-{plain}"

    def _input(self, question: Field, value: Any, path: Path, scope: Mapping[str, Any]) -> View:
        name = join(path)
        errors = self.errors.get(name, ())
        view = View(question.kind, question, self.prefix + name, self._id(name), errors=errors)
        marks = (f"{view.id}-hint" if question.description else "", f"{view.id}-error" if errors else "")
        view.described = " ".join(mark for mark in marks if mark)
        view.watched = question.key in self.form.section.watched
        if question.section is not None:
            rows = [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []
            view.rows = [self._section(question.section, row, (*path, index), scope) for index, row in enumerate(rows)]
            view.may_add = not question.fixed_rows and len(rows) < question.limits.max_items
        elif question.readonly:
            view.shown = self._shown(question, value)
        else:
            self._fill(view, question, value, name)
        return view

    def _fill(self, view: View, question: Field, value: Any, name: str) -> None:
        """Put a value into its input, or into the ticks of its choices."""
        if question.options:
            chosen = value if isinstance(value, list) else [value]
            view.choices = [
                Choice(f"{view.id}-{number}" if number else view.id, option.value, option.label, option.value in chosen)
                for number, option in enumerate(question.options)
            ]
            view.stacked = any(len(option.label) > STACKED_FROM for option in question.options)
        elif question.kind == "file":
            entries = [str(entry) for entry in value] if isinstance(value, list) else []
            view.choices = [Choice("", entry, self.labels.get((FILE_ENTITY, entry), entry), True) for entry in entries]
            view.attributes = {"accept": ",".join(question.accept)} if question.accept else {}
        elif question.kind == "reference":
            view.value = value if isinstance(value, str) else ""
            label = self.labels.get((question.entity, view.value), view.value)
            view.label_of_value = self.texts.get(name, label)
            view.choices = [
                Choice(f"{view.id}-{number}", identifier, text, identifier == view.value)
                for number, (identifier, text) in enumerate(self.candidates.get(name, ()), 1)
            ]
        elif question.kind == "checkbox":
            view.choices = [Choice(view.id, "true", question.label, value is True)]
        else:
            view.type, view.value, view.attributes = native_input(question, value, self.zone)

    def _shown(self, question: Field, value: Any) -> str:
        """Say a readonly value in words; "" where there is none."""
        if value is None or value == []:
            return ""
        if question.options:
            known = {option.value: option.label for option in question.options}
            entries = value if isinstance(value, list) else [value]
            return ", ".join(known.get(str(entry), str(entry)) for entry in entries)
        if question.kind == "reference" or question.kind in LISTS:
            entity = FILE_ENTITY if question.kind == "file" else question.entity
            entries = value if isinstance(value, list) else [value]
            return ", ".join(self.labels.get((entity, str(entry)), str(entry)) for entry in entries)
        if isinstance(value, bool):
            return "✓" if value else "–"
        if question.kind == "number" and isinstance(value, int | float):
            return str(format_decimal(value, locale=self.locale))
        return self._moment(question, value) if isinstance(value, str) else str(value)

    def _moment(self, question: Field, value: str) -> str:
        try:
            if question.kind == "date":
                return str(format_date(date.fromisoformat(value), "medium", self.locale))
            if question.kind == "time":
                return str(format_time(time.fromisoformat(value), "short", locale=self.locale))
            if question.kind == "datetime":
                moment = datetime.fromisoformat(value).astimezone(self.zone)
                return str(format_datetime(moment, "medium", locale=self.locale))
        except (ValueError, OverflowError):
            pass
        return value


def native_input(question: Field, value: Any, zone: tzinfo) -> tuple[str, str, dict[str, str]]:
    """Return type, value and further attributes of the browser's input for a field.

    What the native input could not show (a date that is none) is shown as text, so that no typing is lost.
    """
    text = "" if value is None else str(value)
    limits, kind = question.limits, question.kind
    if kind in ("text", "textarea"):
        return {"email": "email", "phone": "tel"}.get(limits.format, "text"), text, {}
    if kind == "number":
        attributes = {"step": str(limits.step) if limits.step else "any", "inputmode": "decimal"}
        if isinstance(value, int | float) or not text:
            return "number", text, attributes
        return "text", text, {"inputmode": "decimal"}
    try:
        if kind == "date" and text:
            date.fromisoformat(text)
        elif kind == "time" and text:
            time.fromisoformat(text)
        elif kind == "datetime" and text:
            moment = datetime.fromisoformat(text)
            if moment.tzinfo:
                moment = moment.astimezone(zone)
            whole = moment.second == 0 and moment.microsecond == 0
            text = moment.replace(tzinfo=None).isoformat(timespec="minutes" if whole else "seconds")
    except (ValueError, OverflowError):
        return "text", text, {}
    names = {"date": "date", "time": "time", "datetime": "datetime-local"}
    return names[kind], text, {"step": "1"} if text.count(":") == 2 else {}


def _flat(views: Sequence[View]) -> Iterator[View]:
    for view in views:
        yield view
        yield from _flat(view.fields)
        for row in view.rows:
            yield from _flat(row)


def _complaints(views: Sequence[View], around: str, row: int) -> Iterator[Complaint]:
    for view in views:
        for message in view.errors:
            label = f"{around} {row}, {view.question.label}" if around else view.question.label
            yield Complaint(view.id, label, row, message)
        yield from _complaints(view.fields, around, row)
        for number, fields in enumerate(view.rows, 1):
            yield from _complaints(fields, view.question.label, number)
