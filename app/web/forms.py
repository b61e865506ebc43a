"""Forms on pages: rendered for people, and read back from what browsers post."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from babel import Locale
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.datastructures import UploadFile

from app.errors import Invalid, StellwerkError
from app.forms import messages
from app.forms.definition import Form
from app.forms.fields import Field, Section
from app.forms.html import apply_action, from_html
from app.forms.messages import Message
from app.forms.names import LABEL, TEXT, UPLOAD, Path, join, split
from app.forms.submission import ReferenceCheck, check
from app.web.form_views import Errors, Labels, Views
from app.web.i18n import here, label, tell

Lookup = Callable[[str, str], Sequence[tuple[str, str]]]
"""(entity, text) → (id, label) of what matches, best first; the same search as the combobox uses."""

Store = Callable[[UploadFile], str]
"""Keeps an uploaded file and returns its id; a `StellwerkError` becomes the message of its field."""

MAX_CANDIDATES = 10


@dataclass(slots=True)
class Post:
    """What a browser sent for a form.

    `values` go to `check`; `files` are new uploads by input name; `action` is "" for the main button, else `refresh`,
    `add:<list>` or `remove:<list>:<index>` (already carried out on `values`). `errors`, `texts` and `candidates` tell
    about reference fields whose text could not be resolved to one entry.
    """

    values: dict[str, Any]
    files: dict[str, list[UploadFile]] = field(default_factory=dict)
    action: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    candidates: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    def attach(self, form: Form, name: str, identifiers: Sequence[str]) -> None:
        """Add stored files to the file field `name`, in place of the old one where it takes a single file."""
        parts = split(name)
        question = _field_at(form.section, parts[0]) if parts else None
        if parts is None or question is None or question.kind != "file":
            return
        target: Any = self.values
        for step in parts[0][:-1]:
            target = target[step]
        known = [*(target.get(question.key) or []), *identifiers]
        target[question.key] = known if question.multiple else known[-1:]

    def forget(self, name: str) -> None:
        """Drop what was noted about the rows of the list `name`, whose places have changed."""
        notes: tuple[dict[str, Any], ...] = (self.errors, self.texts, self.candidates, self.files)
        for noted in notes:
            for key in [key for key in noted if key.startswith(f"{name}[")]:
                del noted[key]


def parse_post(
    form: Form,
    data: Iterable[tuple[str, str | UploadFile]],
    *,
    lookup: Lookup,
    store: Store | None = None,
    prefix: str = "",
    zone: tzinfo | None = None,
) -> Post:
    """Read what a browser posted (`FormData.multi_items()`), files apart from values.

    Texts typed into reference fields without JavaScript are looked up: one match is taken, several are offered, none is
    an error. Files of a kind that the field does not accept are an error and left out.

    Args:
        form: The form that was on the page.
        data: Names and values; names without `prefix` are ignored, except `_form`.
        lookup: Search for references.
        store: Keeps uploads; their ids then stand in the values. Without it they are left in `files`.
        prefix: As given to `render_form`.
        zone: Time zone of dates with times; that of the current request unless given.
    """
    post = Post({})
    pairs: list[tuple[str, str]] = []
    for name, value in data:
        if name == "_form" and isinstance(value, str):
            verb, colon, rest = value.partition(":")
            post.action = verb + colon + rest.removeprefix(prefix)
        elif name.startswith(prefix):
            name = name.removeprefix(prefix)
            if isinstance(value, str):
                pairs.append((name, value))
            elif value.filename:
                _take_file(form, post, name, value)
    _resolve(form, pairs, lookup, post)
    post.values = from_html(form, pairs, zone=zone or here().zone)
    if store is not None:
        _store_files(form, post, store)
    post.values = apply_action(form, post.values, post.action)
    if post.action.startswith("remove:"):
        post.forget(post.action.split(":")[1])
    return post


def post_errors(
    form: Form, post: Post, *, references: ReferenceCheck, prefilled: Mapping[str, Any] | None = None
) -> dict[str, list[str]]:
    """Return everything that is wrong with a post, unresolved references included; empty when it can be completed."""
    try:
        check(form, post.values, references=references, prefilled=prefilled)
    except Invalid as refusal:
        return {**refusal.fields, **post.errors}
    return dict(post.errors)


def render(
    environment: Environment,
    form: Form,
    values: Mapping[str, Any],
    errors: Errors | None = None,
    *,
    labels_of_references: Labels | None = None,
    prefix: str = "",
    post: Post | None = None,
    zone: tzinfo | None = None,
    locale: Locale | None = None,
    reference_url: str = "/references",
    file_url: str = "",
    context: Mapping[str, Any] | None = None,
) -> Markup:
    """Return the fields of a form as HTML.

    The page puts `<form method="post" enctype="multipart/form-data" novalidate>` around them, its own buttons behind.

    Args:
        environment: Where templates and gettext come from.
        form: What to ask.
        values: What is known or was typed, by key (`initial_values` for the first time).
        errors: Messages by input name, as `Invalid.fields`.
        labels_of_references: What people call the records, persons and files that the values name.
        prefix: Put before all names and ids, for pages with several forms.
        post: The post that is shown again, for references that could not be resolved.
        zone: Time zone of dates with times; that of the current request unless given.
        locale: For readonly dates and numbers; that of the current request unless given.
        reference_url: `<reference_url>/<entity>?q=text` answers `{"items": [{"id", "label", "detail"}]}`.
        file_url: Stored files are linked as `<file_url>/<id>`; empty for no links.
        context: Variables of the page (gettext functions among them).
    """
    views = Views(
        form,
        errors or {},
        labels_of_references or {},
        prefix,
        zone or here().zone,
        locale or here().locale,
        post.texts if post else {},
        post.candidates if post else {},
    )
    fields = views.all(values)
    page = environment.get_template("forms/form.html").render(
        {
            **(context or {}),
            "form_fields": fields,
            "form_complaints": views.complaints(fields),
            "form_id": f"form-{prefix}" if prefix else "form",
            "reference_url": reference_url,
            "file_url": file_url,
        }
    )
    return Markup(page)  # noqa: S704


@pass_context
def render_form(
    context: Context, form: Form, values: Mapping[str, Any], errors: Errors | None = None, **options: Any
) -> Markup:
    """Render a form from within a template: `{{ render_form(form, values, errors) }}`; options as those of `render`."""
    return render(context.environment, form, values, errors, context=context.get_all(), **options)


def install(environment: Environment) -> None:
    """Offer `render_form`, and filters for messages and labels, to the templates of `environment`."""
    environment.globals["render_form"] = render_form
    environment.filters.update(said=tell, label=label)


def _take_file(form: Form, post: Post, name: str, upload: UploadFile) -> None:
    parts = split(name)
    question = _field_at(form.section, parts[0]) if parts else None
    if parts is None or parts[1] != UPLOAD or question is None or question.kind != "file" or question.readonly:
        return
    place = join(parts[0])
    if accepts(question, upload.filename or "", upload.content_type or ""):
        post.files.setdefault(place, []).append(upload)
    else:
        message = Message(messages.NOT_ACCEPTED, name=upload.filename, accept=", ".join(question.accept))
        post.errors.setdefault(place, []).append(message)


def _store_files(form: Form, post: Post, store: Store) -> None:
    for name, uploads in post.files.items():
        for upload in uploads:
            try:
                post.attach(form, name, [store(upload)])
            except StellwerkError as refusal:
                post.errors.setdefault(name, []).append(refusal.message)
    post.files = {}


def accepts(question: Field, name: str, media_type: str) -> bool:
    """Tell whether a file field takes a file of this name and media type (`.pdf`, `image/*`, `text/plain`)."""
    if not question.accept:
        return True
    name, media_type = name.lower(), media_type.lower()
    return any(
        name.endswith(wanted)
        if wanted.startswith(".")
        else media_type == wanted or (wanted.endswith("/*") and media_type.startswith(wanted[:-1]))
        for wanted in question.accept
    )


def _resolve(form: Form, pairs: list[tuple[str, str]], lookup: Lookup, post: Post) -> None:
    """Turn texts of reference fields into ids, by putting the ids found in place of the posted ones."""
    marked: dict[str, dict[Path, str]] = {"": {}, TEXT: {}, LABEL: {}}
    for name, value in pairs:
        parts = split(name)
        if parts and parts[1] in marked:
            marked[parts[1]][parts[0]] = value
    for path, typed in marked[TEXT].items():
        question = _field_at(form.section, path)
        if question is None or question.kind != "reference":
            continue
        name, text = join(path), typed.strip()[:200]
        if text and marked[""].get(path) and text == marked[LABEL].get(path, "").strip():
            continue
        pairs.append((name, _found(question, name, text, lookup, post) if text else ""))


def _found(question: Field, name: str, text: str, lookup: Lookup, post: Post) -> str:
    matches = list(lookup(question.entity, text))
    exact = [match for match in matches if match[1].casefold() == text.casefold()]
    if len(exact) == 1 or len(matches) == 1:
        return (exact or matches)[0][0]
    post.texts[name] = text
    if matches:
        post.candidates[name] = matches[:MAX_CANDIDATES]
    post.errors[name] = [Message(messages.AMBIGUOUS if matches else messages.NOT_FOUND, text=text)]
    return ""


def _field_at(section: Section, path: Path) -> Field | None:
    keys = [step for step in path if isinstance(step, str)]
    for key in keys[:-1]:
        row = section.inputs.get(key)
        if row is None or row.section is None:
            return None
        section = row.section
    return section.inputs.get(keys[-1]) if keys and isinstance(path[-1], str) else None
