"""A diagram as a numbered list in words: for people who read rather than look, and for screen readers."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.processes.elements import SUB_PROCESSES, Diagram, Element, Flow
from app.processes.wording import Translate, Wording


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """One line of the outline.

    `kind` is `lane` (a heading, without number), `step` (numbered), `branch` (a way on from the step above) or
    `boundary` (what may interrupt it). `element` is the element that the line is about; `target` is the element
    that a branch leads to and `flow` the sequence flow taken.
    """

    number: str
    depth: int
    lane: str
    element: str
    text: str
    kind: str
    target: str = ""
    flow: str = ""


def outline(diagram: Diagram, translate: Translate = str) -> list[OutlineItem]:
    """Return the outline of a diagram, the same for the same diagram every time.

    Steps are numbered in the order in which they follow one another; merging gateways are left out; whatever does not
    simply go on to the next step says where it goes.
    """
    return list(_Outline(diagram, Wording(translate)).items())


class _Outline:
    def __init__(self, diagram: Diagram, wording: Wording) -> None:
        self.diagram, self.wording = diagram, wording
        self.links = {e.link: e for e in diagram.elements.values() if e.link and e.type == "intermediateCatchEvent"}
        self.orders: dict[str, list[Element]] = {}
        self.numbers: dict[str, str] = {}
        self._number("", "")

    def items(self) -> Iterator[OutlineItem]:
        """Yield all lines; a heading stands where the lane differs from that of the line before."""
        lane = ""
        for item in self._level("", 0):
            if item.lane and item.lane != lane:
                lane = item.lane
                yield OutlineItem("", 0, lane, "", lane, "lane")
            yield item

    def _number(self, parent: str, prefix: str) -> None:
        shown = [element for element in self._order(parent) if self._is_shown(element)]
        self.orders[parent] = shown
        for count, element in enumerate(shown, 1):
            self.numbers[element.id] = f"{prefix}{count}"
        for element in shown:
            if element.type in SUB_PROCESSES:
                self._number(element.id, f"{self.numbers[element.id]}.")

    def _is_shown(self, element: Element) -> bool:
        merge = element.type in ("exclusiveGateway", "complexGateway") and len(element.outgoing) <= 1
        return element.type != "boundaryEvent" and not merge

    def _next(self, element: Element) -> list[str]:
        """Return where an element leads, its boundary events and links included, in the order of the drawing."""
        targets = [flow.target for flow in self.diagram.outgoing(element.id)]
        targets += [boundary.id for boundary in self.diagram.boundaries(element.id)]
        if element.event == "link" and element.type == "intermediateThrowEvent" and element.link in self.links:
            targets.append(self.links[element.link].id)
        return [target for target in targets if target in self.diagram.elements]

    def _order(self, parent: str) -> list[Element]:
        """Sort one level so that every element follows those that lead to it, loops aside (reverse postorder)."""
        level = {element.id: element for element in self.diagram.inside(parent)}
        entries = [e for e in level.values() if not e.incoming and not e.attached_to]
        entries.sort(key=lambda element: (element.type != "startEvent", element.event_sub_process))
        done: set[str] = set()
        ordered: list[Element] = []
        for entry in [*entries, *level.values()]:
            ordered += self._follow(entry, level, done)
        return ordered

    def _follow(self, entry: Element, level: dict[str, Element], done: set[str]) -> list[Element]:
        if entry.id in done:
            return []
        done.add(entry.id)
        finished: list[Element] = []
        # The last way on is walked first, so that the first one comes first once the order is turned round.
        stack = [(entry, iter(self._next(entry)[::-1]))]
        while stack:
            element, rest = stack[-1]
            target = next((name for name in rest if name in level and name not in done), None)
            if target is None:
                finished.append(element)
                stack.pop()
            else:
                done.add(target)
                stack.append((level[target], iter(self._next(level[target])[::-1])))
        return finished[::-1]

    def _level(self, parent: str, depth: int) -> Iterator[OutlineItem]:
        shown = self.orders[parent]
        for element, following in zip(shown, [*shown[1:], None], strict=True):
            lane = self._lane(element)
            number, text = self.numbers[element.id], self.wording.step(element)
            if element.event_sub_process:
                start = next((e for e in self.diagram.starts(element.id) if e.event), None)
                text = f"{self.wording.meanwhile(self.wording.trigger(start))}: {text}" if start else text
            yield OutlineItem(number, depth, lane, element.id, text, "step")
            if element.type in SUB_PROCESSES:
                yield from self._level(element.id, depth + 1)
            yield from self._ways_on(element, following, depth + 1, lane)
            for boundary in self.diagram.boundaries(element.id):
                yield from self._boundary(boundary, depth + 1, lane)

    def _ways_on(self, element: Element, following: Element | None, depth: int, lane: str) -> Iterator[OutlineItem]:
        flows = self.diagram.outgoing(element.id)
        if len(flows) > 1 or any(flow.condition for flow in flows):
            for flow in flows:
                yield self._way(element, flow, self.wording.branch(element, flow), depth, lane)
        else:
            for flow in flows:
                target = self._shown_target(flow.target)
                if target is None or following is None or target.id != following.id:
                    yield self._way(element, flow, "", depth, lane)

    def _boundary(self, boundary: Element, depth: int, lane: str) -> Iterator[OutlineItem]:
        when = self.wording.trigger(boundary)
        if not boundary.interrupting:
            when = self.wording.meanwhile(when)
        flows = self.diagram.outgoing(boundary.id)
        if not flows:
            yield OutlineItem("", depth, lane, boundary.id, when, "boundary")
        for flow in flows:
            yield self._way(boundary, flow, when, depth, lane)

    def _way(self, element: Element, flow: Flow, condition: str, depth: int, lane: str) -> OutlineItem:
        target = self._shown_target(flow.target)
        number = self.numbers.get(target.id, "") if target else ""
        name = self.wording.name(target) if target else ""
        kind = "boundary" if element.type == "boundaryEvent" else "branch"
        text = self.wording.going(condition, number, name)
        return OutlineItem("", depth, lane, element.id, text, kind, target.id if target else "", flow.id)

    def _shown_target(self, name: str) -> Element | None:
        """Follow a flow through gateways that only merge, to the step that a reader finds in the list."""
        seen: set[str] = set()
        while name in self.diagram.elements and name not in seen:
            seen.add(name)
            element = self.diagram.elements[name]
            if self._is_shown(element):
                return element
            flows = self.diagram.outgoing(name)
            name = flows[0].target if flows else ""
        return None

    def _lane(self, element: Element) -> str:
        lane = self.diagram.lanes.get(element.lane)
        return (lane.name or lane.role) if lane else ""
