"""Whether events say what they wait for or tell: messages, timers, error codes."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from app.errors import Problem
from app.expressions import ExpressionError, parse
from app.expressions.durations import read_datetime, read_duration
from app.expressions.syntax import Literal, MapOf
from app.processes.elements import Diagram, Element
from app.processes.lint_rules.rule import Known, named, rule
from app.processes.messages import catalogue
from app.processes.start_timers import MISFIRES, BadRule, read_rule

CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
CRON = re.compile(r"cron\(.*\)")
ISO = re.compile(r"-?P\S*|R\S*|\d{4}-\d{2}-\d{2}\S*", re.ASCII)
"""What modelling tools write without quotes: a duration, a cycle, a date."""
_CYCLE = re.compile(r"R\d*/(?:(?P<start>[^/P]+)/)?(?P<step>P[^/]+)", re.ASCII)

NO_MESSAGE = rule("missing-message", "A message event or task without a message.")
UNKNOWN_MESSAGE = rule("unknown-message", "A message that is not in the catalogue.")
NO_KEY = rule("missing-message-key", "A message without the key that says which case it is for.", "warning")
BAD_PAYLOAD = rule("message-payload", "What a message carries is not what its receivers expect.", "warning")
NO_TIME = rule("timer-without-value", "A timer that does not say when.")
BAD_TIME = rule("bad-timer", "A timer whose fixed value is no duration, date, cycle or schedule.")
BAD_MISFIRE = rule("bad-misfire", "A start event that says in an unknown way what to do about missed times.")
UNKNOWN_SUBJECTS = rule("unknown-subjects", "A start event for each subject of a query that does not exist.")
BAD_CODE = rule("bad-code", "An error or escalation code, or a signal name, that is empty or no plain code.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every event, send task and receive task."""
    for element in diagram.elements.values():
        if element.event == "message" or element.type == "receiveTask" or _sends(element):
            yield from _message(diagram, element)
        if element.event == "timer":
            yield from _timer(diagram, element)
            yield from _schedule(diagram, element, known)
        if element.event in ("error", "escalation", "signal"):
            yield from _code(diagram, element)


def _sends(element: Element) -> bool:
    return element.type == "sendTask" and not element.operator


def _message(diagram: Diagram, element: Element) -> Iterator[Problem]:
    if not element.message:
        if not element.undefined:
            yield NO_MESSAGE.at(diagram, element, f"{named(element)} names no message.",
                                "Choose a message of the catalogue.")  # fmt: skip
        return
    message = catalogue().get(element.message)
    if message is None:
        similar = get_close_matches(element.message, catalogue(), n=1)
        hint = f" Did you mean '{similar[0]}'?" if similar else ""
        yield UNKNOWN_MESSAGE.at(diagram, element, f"{named(element)}: there is no message '{element.message}'.{hint}",
                                 "Choose a message of app/processes/messages.json.")  # fmt: skip
        return
    if not element.key and element.type != "startEvent" and not message.broadcast:
        yield NO_KEY.at(diagram, element, f"{named(element)} does not say which case '{message.name}' is for.",
                        f"Set the property 'key' to the {message.key}.")  # fmt: skip
    if element.type in ("sendTask", "intermediateThrowEvent", "endEvent"):
        carried = _carried(element.payload)
        wrong = sorted(carried - message.payload.keys()) if carried is not None else []
        missing = sorted(message.payload.keys() - carried) if carried is not None else []
        if wrong or missing:
            told = [f"does not know {', '.join(wrong)}"] * bool(wrong) + [f"lacks {', '.join(missing)}"] * bool(missing)
            yield BAD_PAYLOAD.at(diagram, element, f"{named(element)}: '{message.name}' {' and '.join(told)}.",
                                 f"Its payload holds: {', '.join(message.payload) or 'nothing'}.")  # fmt: skip


def _carried(payload: str) -> set[str] | None:
    """Return the names in a payload that is written out; None when it cannot be told."""
    try:
        tree = parse(payload).tree if payload else MapOf(0, ())
    except ExpressionError:
        return None
    if not isinstance(tree, MapOf):
        return None
    keys = [key.value if isinstance(key, Literal) else None for key, _ in tree.entries]
    return None if None in keys else {str(key) for key in keys}


def _timer(diagram: Diagram, element: Element) -> Iterator[Problem]:
    text = element.timer
    if not text:
        yield NO_TIME.at(diagram, element, f"{named(element)} does not say when.",
                         "Write an expression such as working_days(5), or a duration such as PT4H.")  # fmt: skip
        return
    reason = ""
    if _is_schedule(element):
        try:
            read_rule(text)
        except BadRule as bad:
            reason = bad.message.rstrip(".")
    elif CRON.fullmatch(text):
        reason = "cron(…) is for start events"
    else:
        fixed = _fixed(text)
        reason = _why_not(fixed, element.timer_kind) if fixed else ""
    if reason:
        yield BAD_TIME.at(diagram, element, f"{named(element)}: {reason}.",
                          "Write PT4H, 2026-03-06T09:00Z, R/P1M, cron(\"0 9 * * MON\") or an expression.")  # fmt: skip


def _is_schedule(element: Element) -> bool:
    """Tell whether a timer starts cases; that of an event sub-process runs inside of one."""
    return element.type == "startEvent" and not element.parent


def _schedule(diagram: Diagram, element: Element, known: Known) -> Iterator[Problem]:
    if not _is_schedule(element):
        return
    misfire = element.properties.get("misfire", "").strip()
    if misfire and misfire not in MISFIRES:
        yield BAD_MISFIRE.at(diagram, element, f"{named(element)}: '{misfire}' is no way to treat missed times.",
                             f"Choose one of: {', '.join(MISFIRES)}.")  # fmt: skip
    query = element.properties.get("for_each", "").strip()
    if query and query not in known.registry.subjects:
        yield UNKNOWN_SUBJECTS.at(diagram, element, f"{named(element)}: there is no subject query '{query}'."
                                  f"{known.registry.subjects.hint(query)}",
                                  "Choose one of docs/subjects.md.")  # fmt: skip


def _fixed(text: str) -> str:
    """Return the text that a timer holds, bare or in quotes; empty when it is an expression."""
    if ISO.fullmatch(text):
        return text
    try:
        tree = parse(text).tree
    except ExpressionError:
        return ""  # bad-expression tells
    return str(tree.value) if isinstance(tree, Literal) else ""


def _why_not(text: str, kind: str) -> str:
    try:
        if text.startswith("R"):
            cycle = _CYCLE.fullmatch(text)
            if cycle is None:
                return f"'{text}' is not a cycle such as R3/PT1H"
            read_duration(cycle["step"])
            if cycle["start"]:
                read_datetime(cycle["start"])
        elif kind == "cycle":
            return f"'{text}' is not a cycle such as R3/PT1H"
        elif text.startswith(("P", "-P")):
            read_duration(text)
        else:
            read_datetime(text)
    except ExpressionError as error:
        return error.bare.rstrip(".")
    return ""


def _code(diagram: Diagram, element: Element) -> Iterator[Problem]:
    code = {"error": element.error, "escalation": element.escalation, "signal": element.signal}[element.event]
    catches_all = element.type == "boundaryEvent" and element.event != "signal"
    if not code and not catches_all and not element.undefined:
        yield BAD_CODE.at(diagram, element, f"{named(element)} names no {element.event}.",
                          f"Choose the {element.event} and give it a code.")  # fmt: skip
    elif code and element.event != "signal" and not CODE.fullmatch(code):
        yield BAD_CODE.at(diagram, element, f"{named(element)}: '{code}' is no {element.event} code.",
                          "Write it in small letters, like incident.already_closed.")  # fmt: skip
