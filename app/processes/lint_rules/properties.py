"""Whether properties have names that mean something where they stand, and identifiers exist."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from app.database.numbers import PREFIX
from app.errors import Problem
from app.processes import catalogue
from app.processes.elements import IDENTIFIER_PROPERTIES, Diagram, Element, Flow, Lane, split_list
from app.processes.lint_rules.rule import Known, named, rule

PROCESS = frozenset(["area", "blueprint", "owner_role", "record", "start_roles", "number_prefix", "title"])
LANE = frozenset(["role"])
ANYWHERE = frozenset(IDENTIFIER_PROPERTIES)
USER_TASK = frozenset(
    ["form", "due", "priority", "remind", "escalate_to", "assignee", "guidance", "evidence", "outcome", "moves"]
)
MESSAGE = frozenset(["key", "payload"])
SCHEDULE = frozenset(["calendar", "misfire", "for_each"])
MOVES = ("calendar", "record")
EVIDENCE = ("record", "decision", "approval", "report", "measurement", "document")

UNKNOWN = rule("unknown-property", "A property that means nothing at its place.")
IDENTIFIER = rule("unknown-identifier", "An identifier of the standard that does not exist, or of another kind.")
BAD_EVIDENCE = rule("unknown-evidence", "A kind of evidence that does not exist.")
BAD_MOVE = rule("unknown-move", "Something that timers or due dates cannot move with, or a cycle that should move.")
BAD_PREFIX = rule("bad-number-prefix", "A prefix of numbers that is not 2 to 5 capital letters, or is taken.")
NO_RECORD = rule("prefix-without-record", "A prefix of numbers where no record is created.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at all properties."""
    yield from _names(diagram, None, diagram.properties, PROCESS, "a process")
    yield from _prefix(diagram, known)
    for lane in diagram.lanes.values():
        yield from _names(diagram, lane, lane.properties, LANE, "a lane")
    for flow in diagram.flows.values():
        yield from _names(diagram, flow, flow.properties, frozenset(), "a flow")
    for element in diagram.elements.values():
        yield from _names(diagram, element, element.properties, allowed(element), f"a {element.type}")
        for kind in IDENTIFIER_PROPERTIES:
            for identifier in split_list(element.properties.get(kind, "")):
                yield from _identifier(diagram, element, kind, identifier)
        yield from _moves(diagram, element)
        evidence = element.properties.get("evidence", "").strip()
        if evidence and evidence not in EVIDENCE:
            yield BAD_EVIDENCE.at(diagram, element, f"{named(element)}: there is no evidence of the kind '{evidence}'.",
                                  f"Choose one of: {', '.join(EVIDENCE)}.")  # fmt: skip


def allowed(element: Element) -> frozenset[str]:
    """Return the names of properties that mean something on an element."""
    names = ANYWHERE
    if element.type in ("userTask", "manualTask"):
        names |= USER_TASK
    if element.type == "startEvent":
        names |= {"form", "guidance"}
        if element.event == "timer":
            names |= SCHEDULE
    elif element.event == "timer":
        names |= {"moves"}
    if element.type == "callActivity":
        names |= {"role_override"}
    if element.event == "message" or element.type in ("sendTask", "receiveTask"):
        names |= MESSAGE
    return names


def _names(
    diagram: Diagram, place: Element | Flow | Lane | None, found: Mapping[str, str], names: frozenset[str], what: str
) -> Iterator[Problem]:
    for name in found:
        if name not in names:
            similar = get_close_matches(name, names, n=1)
            hint = f" Did you mean '{similar[0]}'?" if similar else ""
            yield UNKNOWN.at(diagram, place, f"The property '{name}' means nothing on {what}.{hint}",
                             f"Possible here: {', '.join(sorted(names)) or 'none'}.")  # fmt: skip


def _moves(diagram: Diagram, element: Element) -> Iterator[Problem]:
    if "moves" not in element.properties:
        return
    label, named_things = named(element), split_list(element.properties["moves"])
    wrong = [one for one in named_things if one not in MOVES]
    if wrong or not named_things:
        told = f"nothing moves with '{wrong[0]}'" if wrong else "it is not said what it moves with"
        yield BAD_MOVE.at(diagram, element, f"{label}: {told}.", f"Possible are {' and '.join(MOVES)}, or both.")
    elif element.timer_kind == "cycle":
        yield BAD_MOVE.at(diagram, element, f"{label}: a cycle does not move.",
                          "Take 'moves' away, or let the timer happen once.")  # fmt: skip
    elif element.type in ("userTask", "manualTask") and not {"due", "remind"} & element.properties.keys():
        yield BAD_MOVE.at(diagram, element, f"{label}: there is neither 'due' nor 'remind' that could move.",
                          "Set 'due', or take 'moves' away.")  # fmt: skip
    elif "record" in named_things and not diagram.record and diagram.start_roles:
        yield BAD_MOVE.at(diagram, element, f"{label}: it moves with the record, but the process has none.",
                          "Set the property 'record' of the process, or take it away here.")  # fmt: skip


def _prefix(diagram: Diagram, known: Known) -> Iterator[Problem]:
    prefix = diagram.number_prefix
    if not prefix:
        return
    taken = next((kind for kind, own in known.record_kinds.items() if own == prefix and kind != diagram.record), "")
    if not PREFIX.fullmatch(prefix):
        yield BAD_PREFIX.at(diagram, None, f"The process: '{prefix}' cannot begin a number.",
                            "Set 'number_prefix' to 2 to 5 capital letters, A to Z, such as MAJ.")  # fmt: skip
    elif taken:
        yield BAD_PREFIX.at(diagram, None, f"The process: '{prefix}' begins the numbers of the kind '{taken}'.",
                            "Set 'number_prefix' to letters that no other kind of record has.")  # fmt: skip
    if not diagram.record:
        yield NO_RECORD.at(diagram, None, "The process has the property 'number_prefix', but no record to number.",
                           "Set the property 'record' to a kind of records, or take 'number_prefix' away.")  # fmt: skip


def _identifier(diagram: Diagram, element: Element, kind: str, identifier: str) -> Iterator[Problem]:
    if catalogue.known(identifier, kind):
        return
    known = catalogue.identifiers().get(identifier)
    if known is not None:
        told = f"'{identifier}' is of the kind {known.kind}, not {kind}"
        advice = f"Move it to the property '{known.kind}'."
    else:
        similar = get_close_matches(
            identifier, [key for key, one in catalogue.identifiers().items() if one.kind == kind]
        )
        told = f"there is no {kind} '{identifier}'"
        advice = f"Did you mean {', '.join(similar)}?" if similar else "Look it up in app/processes/catalogue.json."
    yield IDENTIFIER.at(diagram, element, f"{named(element)}: {told}.", advice)
