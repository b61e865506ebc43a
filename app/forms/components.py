"""One form-js component becomes one field, or a problem that names it."""

import re
from collections.abc import Callable
from typing import Any, Literal

from app.expressions import Expression, ExpressionError, parse_feel
from app.forms.fields import Field, Kind, Limits, Option
from app.forms.names import is_key
from app.forms.patterns import PatternError, compiled
from app.forms.reading import Reading

MAX_OPTIONS = 500
MAX_ROWS = 100
MAX_FILES = 20
TEXT_LENGTH = 1_000
AREA_LENGTH = 100_000
LONGEST = 500_000
NUMBER_LIMIT = 10**15

CHOICES = frozenset({"select", "radio", "checklist", "taglist"})
LIST_NAME = re.compile(r"list:([a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)")

_PLAIN: dict[str, Kind] = {
    "textfield": "text",
    "textarea": "textarea",
    "number": "number",
    "select": "select",
    "radio": "radio",
    "checkbox": "checkbox",
    "checklist": "checklist",
    "taglist": "taglist",
    "filepicker": "file",
    "reference": "reference",
}
_MOMENTS: dict[str, Kind] = {"date": "date", "time": "time", "datetime": "datetime"}


def read_input(reading: Reading, item: dict[str, Any], columns: int, row_start: bool) -> Field | None:
    """Read a component that has a value (all but groups, repeats and decoration).

    Returns None, with a problem noted, when its type is unknown or its key is missing.
    """
    name = item.get("type")
    kind = _MOMENTS.get(str(item.get("subtype") or "date")) if name == "datetime" else _PLAIN.get(str(name))
    if kind is None:
        refuse(reading, item)
        return None
    key = read_key(reading, item, "key")
    if key is None:
        return None
    rules = reading.mapping(item, "validate")
    properties = reading.mapping(item, "properties")
    look = reading.mapping(item, "appearance")
    return Field(
        kind=kind,
        key=key,
        label=read_label(reading, item, "timeLabel" if kind == "time" else "dateLabel" if name == "datetime" else ""),
        description=reading.text(item, "description", longest=1000),
        required=reading.flag(rules, "required"),
        readonly=reading.flag(item, "readonly") or reading.flag(item, "disabled"),
        list=(shared := _list(reading, item, properties) if kind in CHOICES else ""),
        options=() if shared else _options(reading, item) if kind in CHOICES else (),
        entity=_entity(reading, item, properties) if kind == "reference" else "",
        variable=_variable(reading, item, properties),
        hide=read_condition(reading, item),
        default=item.get("defaultValue"),
        limits=_limits(reading, item, kind, rules),
        prefix=reading.text(look, "prefixAdorner", longest=20),
        suffix=reading.text(look, "suffixAdorner", longest=20),
        multiple=reading.flag(item, "multiple"),
        accept=_accept(reading, item) if kind == "file" else (),
        columns=columns,
        row_start=row_start,
        line=reading.line(item),
    )


def refuse(reading: Reading, item: dict[str, Any]) -> None:
    """Note that a component is not supported, by name."""
    name = item.get("type")
    if name == "datetime":
        reading.note(
            "form.component",
            f"A date field of the subtype “{str(item.get('subtype'))[:60]}” does not exist.",
            "Use date, time or datetime.",
            item=item,
        )
    else:
        reading.note(
            "form.component",
            f"Components of the type “{str(name)[:60]}” are not supported.",
            "Remove it, or use one of: " + ", ".join((*_PLAIN, "datetime", "group", "dynamiclist", "text")) + ".",
            item=item,
        )


def read_key(reading: Reading, item: dict[str, Any], name: Literal["key", "path"]) -> str | None:
    """Return the key of a component, or None after noting what is wrong with it."""
    key = item.get(name)
    if not isinstance(key, str) or not key:
        reading.note(
            "form.key",
            f"The {item.get('type')} has no {name}.",
            "Give it a name for its value, e.g. impact.",
            item=item,
        )
    elif not is_key(key):
        reading.note(
            "form.key",
            f"“{key[:60]}” cannot be a {name}.",
            "Use letters, digits and _, beginning with a letter, at most 60.",
            item=item,
        )
    else:
        return key
    return None


def read_label(reading: Reading, item: dict[str, Any], other: str = "") -> str:
    """Return the label of a component; every question needs one."""
    label = reading.text(item, "label") or (reading.text(item, other) if other else "")
    if not label.strip() and isinstance(item.get("label"), str | None):
        reading.note("form.label", f"The {item.get('type')} has no label.", "Write what is asked for.", item=item)
    return label.strip()


def read_condition(reading: Reading, item: dict[str, Any]) -> Expression | None:
    """Return the parsed `conditional.hide`; names are checked once all keys are known."""
    text = reading.mapping(item, "conditional").get("hide")
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        reading.note("form.condition", "“hide” must be an expression.", 'Write it like = impact = "site".', item=item)
        return None
    try:
        return parse_feel(text)
    except ExpressionError as error:
        reading.note("form.condition", f"“hide” cannot be read: {error.message}", "Mend the condition.", item=item)
        return None


def _list(reading: Reading, item: dict[str, Any], properties: dict[str, Any]) -> str:
    """Return the key of the shared list that the property `optionsFrom` names, empty without one."""
    name = reading.text(properties, "optionsFrom")
    match = LIST_NAME.fullmatch(name)
    if name and match is None:
        reading.note(
            "form.options", f"“{name[:60]}” cannot be a list.", "Write it like list:incident.category.", item=item
        )
    return match[1] if match else ""


def _options(reading: Reading, item: dict[str, Any]) -> tuple[Option, ...]:
    for source in ("valuesKey", "valuesExpression"):
        if item.get(source):
            reading.note(
                "form.options",
                f"Answers from “{source}” are not supported.",
                "List the answers as “values”.",
                item=item,
            )
            return ()
    values = item.get("values")
    if not isinstance(values, list) or not 0 < len(values) <= MAX_OPTIONS:
        reading.note(
            "form.options", f"It offers no answers, or more than {MAX_OPTIONS}.", "List its “values”.", item=item
        )
        return ()
    options: dict[str, Option] = {}
    for entry in values:
        if not isinstance(entry, dict):
            reading.note("form.options", "Each of “values” must be an object with value and label.", item=item)
            continue
        value, label = reading.text(entry, "value", longest=200), reading.text(entry, "label").strip()
        if not value or value != value.strip() or not label or value in options:
            reading.note(
                "form.options",
                f"The answer “{value[:60]}” lacks a value or label, or is there twice.",
                "Give each answer a value of its own, without spaces around it, and a label.",
                item=item,
                line=reading.line(entry),
            )
        options[value] = Option(value, label)
    return tuple(options.values())


def _entity(reading: Reading, item: dict[str, Any], properties: dict[str, Any]) -> str:
    entity = reading.text(properties, "entity") or reading.text(item, "entity")
    if not is_key(entity):
        reading.note(
            "form.entity",
            "It does not say what it refers to.",
            "Set the property “entity”, e.g. person, team, service or incident.",
            item=item,
        )
    return entity


def _variable(reading: Reading, item: dict[str, Any], properties: dict[str, Any]) -> str | None:
    variable = reading.text(properties, "variable")
    if variable and not is_key(variable):
        reading.note(
            "form.variable", f"“{variable[:60]}” cannot be a variable.", "Use letters, digits and _.", item=item
        )
    return variable or None


def _accept(reading: Reading, item: dict[str, Any]) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in reading.text(item, "accept").split(",") if part.strip())


def _limits(reading: Reading, item: dict[str, Any], kind: Kind, rules: dict[str, Any]) -> Limits:
    make = _LIMITS.get(kind)
    return make(reading, item, rules) if make else Limits()


def _text_limits(reading: Reading, item: dict[str, Any], rules: dict[str, Any]) -> Limits:
    usual = AREA_LENGTH if item["type"] == "textarea" else TEXT_LENGTH
    shortest = reading.count(rules, "minLength", LONGEST) or 0
    longest = reading.count(rules, "maxLength", LONGEST)
    if longest is not None and longest < max(shortest, 1):
        reading.note("form.limits", "“maxLength” is smaller than “minLength” or 1.", "Set a larger one.", item=item)
    pattern = rules.get("pattern") or ""
    try:
        if not isinstance(pattern, str):
            raise PatternError("The pattern must be text.")
        compiled(pattern)
        if pattern and (longest or usual) > TEXT_LENGTH:
            raise PatternError(f"A text with a pattern has at most {TEXT_LENGTH} characters.")
    except PatternError as error:
        reading.note("form.pattern", error.message, "Write a simpler pattern.", item=item)
        pattern = ""
    format_ = rules.get("validationType") or ""
    if format_ not in ("", "custom", "email", "phone"):
        reading.note("form.limits", "“validationType” is not known.", "Use custom, email or phone.", item=item)
    message = reading.text(rules, "patternError") or reading.text(rules, "patternErrorMessage")
    return Limits(
        min_length=shortest,
        max_length=longest or usual,
        pattern=pattern,
        pattern_message=message,
        format="email" if format_ == "email" else "phone" if format_ == "phone" else "",
    )


def _number_limits(reading: Reading, item: dict[str, Any], rules: dict[str, Any]) -> Limits:
    low, high = reading.number(rules, "min"), reading.number(rules, "max")
    if low is not None and high is not None and low > high:
        reading.note("form.limits", "“min” is larger than “max”.", "Turn them round.", item=item)
    digits = reading.count(item, "decimalDigits", 6)
    step = reading.number(item, "increment")
    if step is not None and step <= 0:
        reading.note("form.limits", "“increment” must be larger than 0.", item=item)
        step = None
    if step is None and digits is not None:
        step = 1 if digits == 0 else float(f"1e-{digits}")
    return Limits(
        minimum=-NUMBER_LIMIT if low is None else low, maximum=NUMBER_LIMIT if high is None else high, step=step
    )


def _moment_limits(reading: Reading, item: dict[str, Any], _: dict[str, Any]) -> Limits:
    return Limits(not_past=reading.flag(item, "disallowPassedDates"))


def _file_limits(reading: Reading, item: dict[str, Any], _: dict[str, Any]) -> Limits:
    return Limits(max_items=MAX_FILES if reading.flag(item, "multiple") else 1)


def _list_limits(_: Reading, __: dict[str, Any], ___: dict[str, Any]) -> Limits:
    return Limits(max_items=MAX_OPTIONS)


_LIMITS: dict[Kind, Callable[[Reading, dict[str, Any], dict[str, Any]], Limits]] = {
    "text": _text_limits,
    "textarea": _text_limits,
    "number": _number_limits,
    "date": _moment_limits,
    "datetime": _moment_limits,
    "file": _file_limits,
    "checklist": _list_limits,
    "taglist": _list_limits,
}
