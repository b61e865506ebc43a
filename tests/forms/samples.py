"""Forms that the tests share."""

import json
from typing import Any

from app.forms import Form, load_form

IMPACT = [
    {"value": "person", "label": "One person"},
    {"value": "team", "label": "A team"},
    {"value": "site", "label": "Whole site"},
]


def form(*components: dict[str, Any], **document: Any) -> Form:
    return load_form(source(*components, **document), "incidents/classify", "forms/incidents/classify.form")


def source(*components: dict[str, Any], **document: Any) -> str:
    return json.dumps({"type": "default", "schemaVersion": 18, "components": list(components), **document}, indent=1)


def text(key: str, **more: Any) -> dict[str, Any]:
    return {"type": "textfield", "key": key, "label": key.replace("_", " ").capitalize(), **more}


def component(kind: str, key: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "label": key.replace("_", " ").capitalize(), **more}


def hidden_if(condition: str) -> dict[str, Any]:
    return {"conditional": {"hide": condition}}


CLASSIFY = [
    {"type": "text", "text": "Check **impact** and **urgency** with the caller."},
    text("title", validate={"required": True, "minLength": 5}),
    component("radio", "impact", values=IMPACT, validate={"required": True}, properties={"variable": "impact"}),
    component(
        "select",
        "urgency",
        values=[{"value": "now", "label": "At once"}, {"value": "today", "label": "Today"}],
        validate={"required": True},
        layout={"row": "r1", "columns": 8},
    ),
    {
        "type": "reference",
        "key": "service",
        "label": "Affected service",
        "description": "Search by name or number.",
        "properties": {"entity": "service"},
        "validate": {"required": True},
        "layout": {"row": "r1", "columns": 8},
    },
    component("checkbox", "major", label="This is a major incident", **hidden_if('= impact != "site"')),
    component("textarea", "major_reason", validate={"required": True}, **hidden_if("= major != true")),
    component("checklist", "symptoms", values=[{"value": "slow", "label": "Slow"}, {"value": "down", "label": "Down"}]),
    component("taglist", "tags", values=[{"value": "vpn", "label": "VPN"}, {"value": "mail", "label": "Mail"}]),
    {"type": "datetime", "subtype": "datetime", "key": "started_at", "dateLabel": "Started", "layout": {"columns": 8}},
    {"type": "datetime", "subtype": "date", "key": "day", "dateLabel": "Day", "layout": {"row": "r2"}},
    {"type": "datetime", "subtype": "time", "key": "hour", "timeLabel": "Hour", "layout": {"row": "r2"}},
    component(
        "number", "people", decimalDigits=0, validate={"min": 1, "max": 10_000}, appearance={"suffixAdorner": "people"}
    ),
    component("number", "cost", decimalDigits=2, appearance={"prefixAdorner": "€"}),
    {
        "type": "dynamiclist",
        "path": "affected",
        "label": "Affected people",
        "defaultRepetitions": 1,
        "components": [
            text("name", validate={"required": True}, layout={"row": "a", "columns": 8}),
            component("checkbox", "absent", layout={"row": "a", "columns": 4}),
            text("deputy", **hidden_if("= absent != true")),
        ],
    },
    {
        "type": "group",
        "label": "Evidence",
        "components": [
            {
                "type": "filepicker",
                "key": "screenshots",
                "label": "Screenshots",
                "multiple": True,
                "accept": ".png,image/*",
            },
            component("textarea", "note"),
        ],
    },
    {"type": "separator"},
    {"type": "spacer"},
    {"type": "button", "action": "submit", "label": "Complete"},
]

ANSWERS: dict[str, Any] = {
    "title": "Cannot open shared storage",
    "impact": "team",
    "urgency": "today",
    "service": "12",
    "symptoms": ["down"],
    "tags": ["vpn", "mail"],
    "started_at": "2026-03-06T08:10:00+00:00",
    "day": "2026-03-06",
    "hour": "09:10",
    "people": 14,
    "cost": 12.5,
    "affected": [
        {"name": "Chiara Ricci", "absent": True, "deputy": "Ben Osei"},
        {"name": "Anna Novak", "absent": False},
    ],
    "screenshots": ["7"],
    "note": "Two lines\nof text",
}


def classify() -> Form:
    return form(*CLASSIFY)


def everything_exists(entity: str, identifier: str) -> bool:
    return True
