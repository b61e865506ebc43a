"""Tells at publishing whether diagrams can run: the `Parser` that `app.processes` asks for."""

from collections.abc import Mapping

from app.engine.compile import compile_diagram
from app.errors import Problem, Refused
from app.processes.definition import Diagram, read_diagram


class EngineParser:
    """Compiles diagrams the way cases will run them."""

    def check(self, xml_by_key: Mapping[str, bytes], key: str) -> list[Problem]:
        """Return why the diagram `key` cannot run; empty when it can.

        Args:
            xml_by_key: the diagram and those that it calls, as far as they are known.
        """
        try:
            diagram = read_diagram(xml_by_key[key])
        except Refused as error:
            return error.problems
        _, problems = compile_diagram(diagram)
        return problems + _check_calls(diagram, xml_by_key)


def _check_calls(diagram: Diagram, xml_by_key: Mapping[str, bytes]) -> list[Problem]:
    """Refuse calls of diagrams that do not say what goes in and out: nothing would."""
    problems: list[Problem] = []
    for element in diagram.elements.values():
        if not element.calls or element.calls not in xml_by_key:
            continue
        try:
            called = read_diagram(xml_by_key[element.calls])
        except Refused:
            continue  # it is told where that diagram is checked
        if not called.has_io_specification:
            message = f"'{element.name or element.id}' calls '{called.key}', which does not say what goes in and out."
            advice = "Give the called diagram an io specification, even an empty one."
            problems.append(Problem("call", message, advice, diagram.file, element.id, element.line))
    return problems
