"""The measured diagrams in bare SpiffWorkflow: Python in the scripts, its own serializer, specs by reference."""

from typing import Any
from uuid import UUID

import zstandard
from lxml import etree
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.workflow import BpmnWorkflowConverter
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from tests.processes.drawings import BPMN

LEVEL = 3
Spec = tuple[Any, dict[str, Any]]


def drawing(key: str, steps: list[tuple[str, str]]) -> bytes:
    """Return a chain of elements as BPMN: an empty text stands for a user task, any other is a script."""
    elements = "".join(
        f'<scriptTask id="{name}"><script>{script}</script></scriptTask>' if script else f'<userTask id="{name}"/>'
        for name, script in steps
    )
    chain = ["begin", *(name for name, _ in steps), "done"]
    flows = "".join(
        f'<sequenceFlow id="{a}_{b}" sourceRef="{a}" targetRef="{b}"/>' for a, b in zip(chain, chain[1:], strict=False)
    )
    return (
        f'<definitions xmlns="{BPMN}" id="definitions" targetNamespace="bench">'
        f'<process id="{key}" isExecutable="true"><startEvent id="begin"/>{elements}'
        f'<endEvent id="done"/>{flows}</process></definitions>'
    ).encode()


def read(key: str, xml: bytes) -> Spec:
    """Parse a diagram."""
    parser = BpmnParser()
    parser.add_bpmn_xml(etree.fromstring(xml))
    return parser.get_spec(key), parser.get_subprocess_specs(key)


class Bare:
    """Cases of one diagram, to bytes and back without their specs, as engine.dump and engine.restore do it."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        configuration = {**DEFAULT_CONFIG, BpmnWorkflow: _converter(spec)}
        self._serializer = BpmnWorkflowSerializer(BpmnWorkflowSerializer.configure(configuration))

    def new(self) -> BpmnWorkflow:
        """Start a case and run it to its first wait."""
        workflow = BpmnWorkflow(*self._spec)
        workflow.do_engine_steps()
        return workflow

    def complete(self, workflow: BpmnWorkflow, values: dict[str, Any]) -> None:
        """Complete the one open task."""
        (task,) = workflow.get_tasks(state=TaskState.READY, manual=True)
        task.data.update(values)
        task.run()
        workflow.do_engine_steps()

    def dump(self, workflow: BpmnWorkflow) -> bytes:
        """Return a case's state."""
        return zstandard.compress(self._serializer.serialize_json(workflow).encode(), LEVEL)

    def restore(self, state: bytes) -> BpmnWorkflow:
        """Return the case of a state."""
        return self._serializer.deserialize_json(zstandard.decompress(state).decode())


def _converter(spec: Spec) -> type[BpmnWorkflowConverter]:
    class Converter(BpmnWorkflowConverter):  # type: ignore[misc]
        def to_dict(self, workflow: BpmnWorkflow) -> dict[str, Any]:
            found = super(BpmnWorkflowConverter, self).to_dict(workflow)
            found["subprocesses"] = self.mapping_to_dict(workflow.subprocesses)
            found["bpmn_events"] = self.registry.convert(workflow.bpmn_events)
            return dict(found)

        def from_dict(self, found: dict[str, Any]) -> BpmnWorkflow:
            workflow = self.target_class(*spec, deserializing=True)
            workflow.tasks = self.mapping_from_dict(found["tasks"], UUID, workflow=workflow)
            workflow.task_tree = workflow.tasks.get(UUID(found["root"]))
            self.set_default_attributes(workflow, found)
            self.subprocesses_from_dict(found["subprocesses"], workflow)
            workflow.bpmn_events = self.registry.restore(found.pop("bpmn_events", []))
            return workflow

    return Converter
