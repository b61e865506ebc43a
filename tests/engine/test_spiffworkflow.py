"""What we rely on in SpiffWorkflow; these fail first when another version is tried."""

import inspect
from importlib.metadata import version

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task

from app.engine import advance as engine
from app.engine.token import Token
from tests.engine.drawings import diagram, end, flows, start, user
from tests.engine.stories import Ports, program_of


def test_the_version_is_the_one_that_was_tried() -> None:
    assert version("SpiffWorkflow") == "3.2.0"


def test_the_hooks_that_we_fill_are_there() -> None:
    for name in ("_run", "_run_hook", "_on_complete", "_on_ready", "_predict", "test"):
        assert callable(getattr(TaskSpec, name))
    for name in ("run", "complete", "error", "has_state", "_set_state"):
        assert callable(getattr(Task, name))
    assert "self._run_hook(my_task)" in inspect.getsource(TaskSpec._run)
    assert "self.task_spec._on_complete(self)" in inspect.getsource(Task.complete)


def test_a_token_has_every_attribute_of_a_task() -> None:
    program = program_of(diagram(start() + user("u") + end() + flows("s u e")))
    workflow = engine.new_workflow(program, {})
    engine.advance(workflow, Ports())
    plain = Task(workflow, program.main.task_specs["u"])
    token = next(token for token in workflow.all_tokens if isinstance(token, Token))
    assert vars(plain).keys() <= vars(token).keys()


def test_our_levels_have_every_attribute_of_theirs() -> None:
    program = program_of(diagram(start() + end() + flows("s e")))
    assert vars(BpmnProcessSpec("x")).keys() - {"end"} <= vars(program.main).keys()
    workflow = engine.new_workflow(program, {})
    assert isinstance(workflow, BpmnWorkflow) and workflow.task_tree.id in workflow.tasks
    assert issubclass(type(workflow).__mro__[0], BpmnWorkflow) and BpmnSubWorkflow.__init__ is not None


def test_spiffworkflow_sees_its_own_tree() -> None:
    """Its ways of looking at a case work on ours: they are what a person uses in a debugger."""
    program = program_of(diagram(start() + user("u") + end() + flows("s u e")))
    workflow = engine.new_workflow(program, {})
    engine.advance(workflow, Ports())
    assert [task.task_spec.name for task in workflow.get_tasks(manual=True)] == ["u"]
