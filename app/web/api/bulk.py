"""Several tasks at once over the API: each done by itself, with what became of each."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from app.engine.records import Task
from app.errors import Invalid
from app.forms.messages import UNDECLARED
from app.web import bulk_actions, i18n
from app.web.api.call import Call, bearer, call, once, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body
from app.web.api.values import Text, Values
from app.web.bulk_actions import GONE, MOST, Order, carry_out

router = APIRouter(prefix=f"{BASE}/tasks", tags=["tasks"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class ChosenBody(Body):
    """A task as you saw it."""

    id: Text = Field(max_length=18)
    version: int = Field(ge=0, le=2**31 - 1)


class BulkBody(Body):
    """What is to be done with which tasks; what else counts depends on the action."""

    action: Literal["claim", "release", "reassign", "put_off", "complete"]
    tasks: list[ChosenBody] = Field(max_length=MOST, description="At least one.")
    to: Text | None = Field(None, max_length=18, description="`reassign`: id of a person who may have all of them.")
    reason: Text = Field("", max_length=2000, description="`reassign`: why.")
    # Times come as texts, which strict checks would refuse.
    until: AwareDatetime | None = Field(None, strict=False, description="`put_off`: until when; null takes them back.")
    values: Annotated[Values, Field(description="`complete`: the one answer that all of them ask for.")] = {}


class BecameOut(BaseModel):
    """What became of one task; `problem` says in words what stood in the way."""

    id: str
    done: bool
    problem: str


class BulkOut(BaseModel):
    """What became of each task, in the order of the request."""

    items: list[BecameOut]


@router.post("/bulk", responses=problems(409, 413))
def do_with_several(request: Request, body: BulkBody) -> BulkOut:
    """Claim, release, hand over, put off or complete several tasks, each by itself; once more is no error.

    With an `Idempotency-Key` a repeated call gets the first one's answer.
    """
    wanted = {int(one.id): one.version for one in body.tasks if one.id.isdecimal()}
    with call(request) as it:
        if not body.tasks:
            raise Invalid({"tasks": [i18n.gettext("Choose tasks, and what to do with them.")]})

        def work() -> dict[str, Any]:
            tasks = bulk_actions.chosen(it.session, it.viewer, wanted)
            order = _order(it, body, tasks) if tasks else Order(body.action)
            known = {task.id for task in tasks}
            # One that fails must not take the others along, so each has a transaction of its own; only the key is
            # stored with this one. Should this node die before, what is done is found done when it is asked for again.
            became = {
                one: carry_out(it.parts, it.actor, one, seen, order) for one, seen in wanted.items() if one in known
            }
            return BulkOut(items=[_became(one.id, became) for one in body.tasks]).model_dump()

        return BulkOut.model_validate(once(it, request, body.model_dump(), work))


def _became(task: str, became: dict[int, str]) -> BecameOut:
    refused = became.get(int(task) if task.isdecimal() else 0, GONE)
    return BecameOut(id=task, done=not refused, problem=i18n.tell(refused) if refused else "")


def _order(it: Call, body: BulkBody, tasks: list[Task]) -> Order:
    """Check what is asked for.

    Raises:
        Invalid: something is missing or wrong.
    """
    if body.action == "put_off":
        return Order(body.action, until=body.until)
    if body.action == "reassign":
        to = int(body.to) if body.to is not None and body.to.isdecimal() else None
        person = bulk_actions.receiver(it.session, it.parts.directory, tasks, to)
        return Order(body.action, to=person, reason=body.reason)
    if body.action == "complete":
        common = bulk_actions.asked(it.parts.engine, it.session, it.viewer, tasks)
        known = common.form.section.inputs if common.form else {}
        beyond = body.values.keys() - known.keys()
        if beyond:
            raise Invalid({name: [UNDECLARED] for name in sorted(beyond)})
        return Order(body.action, values=body.values)
    return Order(body.action)
