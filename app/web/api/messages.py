"""Messages over the API: put one into the mailbox."""

from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Depends, Request

from app.engine.messages import send
from app.errors import Forbidden, Invalid, Message
from app.processes import messages as catalogue
from app.web.api.call import bearer, call, once, problems
from app.web.api.routing import BASE
from app.web.api.shapes import MessageBody, MessageOut

router = APIRouter(prefix=f"{BASE}/messages", tags=["messages"], dependencies=[Depends(bearer)])
SENDERS = frozenset(["management.sms_owner", "management.sms_manager"])


@router.post("/{name}", status_code=202, responses=problems(403, 409, 413))
def post_message(request: Request, name: str, body: MessageBody) -> MessageOut:
    """Send a message; it reaches the case that waits for its name and key, or starts the diagrams it starts."""
    with call(request) as it:
        if not (it.actor.administrator or it.viewer.areas or it.viewer.roles & SENDERS):
            raise Forbidden("Only staff may send messages to cases.")
        if not catalogue.known_message(name):
            raise Invalid({"name": [Message("There is no message “{name}” in the catalogue.", name=name)]})

        def work() -> dict[str, Any]:
            message_id = send(
                it.parts.engine, it.session, name, body.key, body.payload,
                identity=f"api:{uuid4()}", broadcast=body.broadcast, sender_id=it.actor.person_id,
            )  # fmt: skip
            return {"id": str(message_id)}

        return MessageOut.model_validate(once(it, request, body.model_dump(), work))
