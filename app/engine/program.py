"""A bundle compiled to what SpiffWorkflow runs; made once per bundle and shared by all its cases."""

from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.specs import WorkflowSpec

from app.engine.faults import fail
from app.engine.nodes.node import Node
from app.engine.token import Token
from app.errors import Findings
from app.processes.definition import Diagram, Element


class Entry(Node):
    """The root of a level: not drawn, carries the data that the level begins with."""

    def __init__(self, level: "LevelSpec") -> None:
        super().__init__(level, " entry", Element(id=" entry", name="", type="entry", line=0))
        self.openings: tuple[str, ...] = ()

    def begin(self, level: Any, openings: Iterable[str]) -> None:
        """Put a token on each opening."""
        tokens = [Token(level, level.spec.task_specs[name], level.task_tree) for name in openings]
        for token in tokens:
            token.inherit(level.task_tree)
        for token in tokens:
            try:
                token.task_spec.enter(token)
            except Exception as error:
                fail(token, error)


class LevelSpec(BpmnProcessSpec):  # type: ignore[misc]
    """The elements of a diagram, or of one of its sub-processes (`parent`), as nodes by name."""

    task_specs: dict[str, Node]

    def __init__(self, diagram: Diagram, parent: str = "") -> None:
        # SpiffWorkflow's own constructor adds elements whose names a drawing may want for itself.
        WorkflowSpec.__init__(self, name=level_name(diagram, parent), filename=diagram.file)
        self.diagram = diagram
        self.parent = parent
        self.description = diagram.name
        self.svg = self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Node] = []
        self.start: Entry = Entry(self)


def level_name(diagram: Diagram, parent: str) -> str:
    """Return what a level is called in a program: the diagram's key, with the sub-process behind a slash."""
    return f"{diagram.key}/{parent}" if parent else diagram.key


class Contents(Protocol):
    """What a program is made of: a bundle's diagrams."""

    @property
    def id(self) -> int: ...

    @property
    def key(self) -> str: ...

    @property
    def diagrams(self) -> Mapping[str, Diagram]: ...


class Program:
    """All levels that the cases of a bundle may run."""

    def __init__(self, bundle_id: int, key: str, diagrams: Mapping[str, Diagram]) -> None:
        """Compile.

        Raises:
            Refused: a diagram cannot run; the problems name element and line.
        """
        from app.engine.compile import compile_diagram

        self.bundle_id = bundle_id
        self.key = key
        self.diagrams = dict(diagrams)
        self.levels: dict[str, LevelSpec] = {}
        findings = Findings()
        for diagram in diagrams.values():
            levels, problems = compile_diagram(diagram)
            self.levels |= levels
            findings.problems += problems
        findings.refuse_errors()
        self.main = self.levels[key]

    @classmethod
    def of(cls, bundle: Contents) -> "Program":
        """Return the program of a bundle, compiled at the first call.

        Raises:
            Refused: a diagram cannot run.
        """
        program = _programs.get(bundle)
        if program is None:
            program = cls(bundle.id, bundle.key, bundle.diagrams)
            with _lock:
                program = _programs.setdefault(bundle, program)
        return program

    def element(self, node: Node) -> tuple[str, Element]:
        """Return the diagram key and the element that a node stands for."""
        return node._wf_spec.diagram.key, node.element

    def start_element(self, wanted: str | None) -> str:
        """Return the start event that a case begins with: the one that was triggered, else the none start event.

        Raises:
            KeyError: the diagram has no such start event.
        """
        starts = {start.id: start for start in self.main.diagram.starts()}
        if wanted is not None:
            return starts[wanted].id
        for start in starts.values():
            if not start.event:
                return start.id
        if starts or not self.main.start.openings:
            raise KeyError("none start event")
        return ""


_programs: WeakKeyDictionary[Any, Program] = WeakKeyDictionary()
_lock = Lock()
