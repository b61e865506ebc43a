"""Whether everything that runs is drawn, so that people see where a case is."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.elements import Diagram, Element, Lane
from app.processes.lint_rules.rule import Known, named, rule

NOT_DRAWN = rule("not-drawn", "An element, lane or flow without drawing information.")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look for a shape of every element and lane, and an edge of every flow; one problem tells if nothing is drawn."""
    advice = "Open the file in the modeller and save it; an editor without a drawing leaves this out."
    if not diagram.shapes:
        yield NOT_DRAWN.at(diagram, None, "The diagram has no drawing information.", advice)
        return
    places: list[Element | Lane] = [*diagram.elements.values(), *diagram.lanes.values()]
    for place in places:
        if place.id not in diagram.shapes:
            yield NOT_DRAWN.at(diagram, place, f"{named(place)} has no shape.", advice)
    for flow in diagram.flows.values():
        if flow.id not in diagram.edges:
            yield NOT_DRAWN.at(diagram, flow, f"The flow {named(flow)} has no line.", advice)
