"""Puts what elements do into words, for outlines and screen readers."""

import re
from collections.abc import Callable

from app.processes.elements import Element, Flow

Translate = Callable[[str], str]

_WORKING = re.compile(r"working_(hours|days)\(\s*(\d+(?:\.\d+)?)\s*\)")
_DURATION = re.compile(
    r"P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)


class Wording:
    """Words for elements; `translate` is gettext of the reader's language."""

    def __init__(self, translate: Translate) -> None:
        self._ = translate

    def step(self, element: Element) -> str:
        """Return one line for an activity, event or gateway."""
        _ = self._
        name = element.name or element.id.replace("_", " ").capitalize()
        match element.type:
            case "startEvent":
                return self._start(element)
            case "endEvent":
                return self._end(element)
            case "intermediateCatchEvent" | "receiveTask":
                return _("Wait: %(what)s") % {"what": element.name or self.trigger(element)}
            case "intermediateThrowEvent" | "sendTask":
                return self._throw(element)
            case "boundaryEvent":
                return self.trigger(element)
            case "parallelGateway":
                if len(element.outgoing) > 1:
                    return element.name or _("Several things at the same time")
                return element.name or _("Wait until all of it is done")
            case "inclusiveGateway":
                if len(element.outgoing) > 1:
                    return element.name or _("Everything that applies")
                return element.name or _("Wait until all of it is done")
            case "eventBasedGateway":
                return element.name or _("Whatever happens first")
            case "exclusiveGateway" | "complexGateway":
                return element.name or _("Decision")
            case "manualTask":
                text = _("%(name)s (outside of this system)") % {"name": name}
            case "serviceTask" | "scriptTask":
                text = _("%(name)s (automatic)") % {"name": name}
            case "businessRuleTask":
                text = _("%(name)s (by decision table)") % {"name": name}
            case "callActivity":
                text = _("%(name)s (its own diagram)") % {"name": name}
            case _:
                text = name
        return text + self._rounds(element)

    def name(self, element: Element) -> str:
        """Return how other lines speak of an element: an activity's bare name, otherwise the whole line."""
        return element.name if element.is_activity and element.name else self.step(element)

    def trigger(self, element: Element) -> str:
        """Return when an event happens: `After 5 working days`, `When 'User answers'`."""
        _ = self._
        match element.event:
            case "timer":
                return self.timer(element)
            case "message":
                return _("When the message '%(name)s' arrives") % {"name": element.name or element.message}
            case "error":
                code = element.name or element.error
                return _("If it fails with '%(name)s'") % {"name": code} if code else _("If it fails")
            case "escalation":
                code = element.name or element.escalation
                return _("If it escalates with '%(name)s'") % {"name": code} if code else _("If it escalates")
            case "signal":
                return _("When the signal '%(name)s' is given") % {"name": element.name or element.signal}
            case "conditional":
                return _("As soon as %(condition)s") % {"condition": element.name or element.condition}
            case "cancel":
                return _("If it is cancelled")
            case "compensate":
                return _("If it must be undone")
            case "link":
                return _("Coming from '%(name)s'") % {"name": element.link}
            case _:
                return element.name or _("When it happens")

    def timer(self, element: Element) -> str:
        """Return a timer's point in time in words."""
        _ = self._
        text = element.timer.strip().strip("\"'")
        if element.timer_kind == "cycle":
            return _("On schedule (%(schedule)s)") % {"schedule": text}
        span = self.span(text)
        if span:
            return _("After %(span)s") % {"span": span}
        if element.name:
            return _("When '%(name)s'") % {"name": element.name}
        return _("At the time %(expression)s") % {"expression": text}

    def span(self, text: str) -> str:
        """Return a duration in words; empty when it is not a plain one."""
        _ = self._
        working = _WORKING.fullmatch(text)
        if working:
            return self._count(f"working {working[1]}", working[2])
        plain = _DURATION.fullmatch(text)
        parts = plain.groupdict() if plain else {}
        return ", ".join(self._count(unit, number) for unit, number in parts.items() if number)

    def branch(self, gateway: Element, flow: Flow) -> str:
        """Return under which condition a flow is taken: `If 'Solved?' is yes`, `Otherwise`."""
        _ = self._
        if gateway.type == "parallelGateway" or (gateway.is_activity and not flow.condition and not flow.default):
            return _("At the same time")
        if gateway.type == "eventBasedGateway":
            return flow.name or _("Or")
        if flow.name and gateway.name:
            return _("If '%(question)s' is %(answer)s") % {"question": gateway.name, "answer": flow.name}
        if flow.name:
            return _("If %(answer)s") % {"answer": flow.name}
        if flow.default or not flow.condition:
            return _("Otherwise")
        return _("If %(condition)s") % {"condition": " ".join(flow.condition.split())}

    def going(self, condition: str, number: str, name: str) -> str:
        """Return a branch with where it leads; without a condition the plain way on."""
        _ = self._
        target = _("go to %(number)s (%(name)s)") % {"number": number, "name": name} if number else _("the end")
        if not condition:
            return _("Then %(target)s") % {"target": target}
        return _("%(condition)s: %(target)s") % {"condition": condition, "target": target}

    def meanwhile(self, condition: str) -> str:
        """Return a condition that does not stop what it is attached to."""
        return self._("%(condition)s, while this goes on") % {"condition": condition}

    def _start(self, element: Element) -> str:
        _ = self._
        if element.event:
            return _("Start: %(when)s") % {"when": self.trigger(element)}
        return _("Start: %(name)s") % {"name": element.name} if element.name else _("Start")

    def _end(self, element: Element) -> str:
        _ = self._
        name = element.name or element.error or element.escalation or element.message or element.signal
        if element.event == "terminate":
            return _("End of everything: %(name)s") % {"name": name} if name else _("End of everything")
        if element.event == "error":
            return _("End with the error '%(name)s'") % {"name": name}
        return _("End: %(name)s") % {"name": name} if name else _("End")

    def _throw(self, element: Element) -> str:
        _ = self._
        if element.message:
            return _("Send the message '%(name)s'") % {"name": element.name or element.message}
        if element.event == "link":
            return _("Go on at '%(name)s'") % {"name": element.link}
        return element.name or _("Give notice of '%(name)s'") % {
            "name": element.signal or element.escalation or element.id
        }

    def _rounds(self, element: Element) -> str:
        _ = self._
        loop = element.loop
        if loop is None:
            return ""
        if loop.kind == "standard":
            return _(", repeated while needed")
        over = loop.collection or loop.cardinality
        if loop.kind == "sequential":
            return _(", one after another for each of: %(over)s") % {"over": over}
        return _(", at once for each of: %(over)s") % {"over": over}

    def _count(self, unit: str, number: str) -> str:
        _ = self._
        one = number == "1"
        units = {
            "working hours": _("%(number)s working hour") if one else _("%(number)s working hours"),
            "working days": _("%(number)s working day") if one else _("%(number)s working days"),
            "years": _("%(number)s year") if one else _("%(number)s years"),
            "months": _("%(number)s month") if one else _("%(number)s months"),
            "weeks": _("%(number)s week") if one else _("%(number)s weeks"),
            "days": _("%(number)s day") if one else _("%(number)s days"),
            "hours": _("%(number)s hour") if one else _("%(number)s hours"),
            "minutes": _("%(number)s minute") if one else _("%(number)s minutes"),
            "seconds": _("%(number)s second") if one else _("%(number)s seconds"),
        }
        return units[unit] % {"number": number}
