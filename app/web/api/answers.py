"""Ready-made answers over the API, for those who look after them: process managers and team leaders."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from app.domain.desk import answers
from app.domain.desk.answers import LONGEST_NAME, LONGEST_TEXT, Draft
from app.domain.desk.records import CannedAnswer
from app.errors import Invalid
from app.insight import canned
from app.web import i18n
from app.web.api.call import Call, as_id, bearer, call, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body
from app.web.api.values import Text

router = APIRouter(prefix=f"{BASE}/answers", tags=["answers"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class AnswerBody(Body):
    """An answer of an area or of a team; its texts may name what `{{record.number}}` and the like stand for."""

    name: Text = Field(max_length=LONGEST_NAME)
    area: Text | None = Field(None, max_length=50, description="The area whose answer it is, or …")
    team: Text | None = Field(None, max_length=18, description="… the id of the team.")
    texts: dict[Text, Annotated[Text, Field(max_length=LONGEST_TEXT)]] = Field(
        max_length=50, description="By language (`en`, `de`); in one at least."
    )


class ChangedAnswerBody(AnswerBody):
    """What has become of an answer, and the version that it was made from."""

    version: int = Field(ge=0, le=2**31 - 1, description="As you read it; a different one now is a conflict.")


class AnswerOut(BaseModel):
    """A ready-made answer."""

    id: str
    name: str
    area: str | None
    team: str | None
    texts: dict[str, str]
    version: int

    @classmethod
    def of(cls, one: CannedAnswer) -> "AnswerOut":
        """Show an answer."""
        team = str(one.team_id) if one.team_id is not None else None
        return cls(id=str(one.id), name=one.name, area=one.area, team=team, texts=one.texts, version=one.version)


class AnswersOut(BaseModel):
    """Answers, by name."""

    items: list[AnswerOut]


class AnswerRemoved(BaseModel):
    """Which answer is gone."""

    id: str


@router.get("", responses=problems())
def list_answers(request: Request) -> AnswersOut:
    """List the answers that you look after: those of areas that you manage and of teams that you lead."""
    with call(request) as it:
        found = canned.theirs(it.session, canned.looked_after(it.session, it.viewer))
        return AnswersOut(items=[AnswerOut.of(one) for one in found])


@router.post("", status_code=201, responses=problems(409, 413))
def add_answer(request: Request, body: AnswerBody) -> AnswerOut:
    """Store a new answer."""
    with call(request) as it:
        draft = _draft(it, body)
        return AnswerOut.of(answers.save(it.session, None, draft, actor_id=it.actor.person_id))


@router.put("/{answer_id}", responses=problems(404, 409, 413))
def change_answer(request: Request, answer_id: str, body: ChangedAnswerBody) -> AnswerOut:
    """Store what has become of an answer."""
    with call(request) as it:
        found = _found(it, answer_id)
        draft = _draft(it, body)
        return AnswerOut.of(
            answers.save(it.session, found.id, draft, actor_id=it.actor.person_id, seen=body.version)
        )  # fmt: skip


@router.delete("/{answer_id}", responses=problems(404))
def remove_answer(request: Request, answer_id: str) -> AnswerRemoved:
    """Remove an answer; what was written with it stays."""
    with call(request) as it:
        answers.remove(it.session, _found(it, answer_id), actor_id=it.actor.person_id)
        return AnswerRemoved(id=str(int(answer_id)))


def _found(it: Call, answer_id: str) -> CannedAnswer:
    return canned.find(it.session, canned.looked_after(it.session, it.viewer), as_id(answer_id))


def _draft(it: Call, body: AnswerBody) -> Draft:
    owners = canned.looked_after(it.session, it.viewer)
    if body.texts.keys() - i18n.languages().keys():
        raise Invalid({"texts": [i18n.gettext("Choose one of the languages that are offered.")]})
    team = int(body.team) if body.team is not None and body.team.isdecimal() else None
    return owners.draft(body.name, body.area, team, body.texts)
