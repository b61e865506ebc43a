"""The catalogue of messages that cases send one another: names, keys and what they carry."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("messages.json")


@dataclass(frozen=True, slots=True)
class MessageType:
    """One kind of message.

    `key` says what the key identifies (`the number of the record`), `payload` maps each field to what it holds;
    `sender` and `receivers` are area folders, `any`, or `outside` for what comes in by API, mail or monitoring.
    """

    name: str
    title: str
    sender: tuple[str, ...]
    receivers: tuple[str, ...]
    key: str
    payload: dict[str, str]
    broadcast: bool = False


@cache
def catalogue() -> dict[str, MessageType]:
    """Return all kinds of messages by name."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        name: MessageType(
            name=name,
            title=part["title"],
            sender=tuple(part["from"]),
            receivers=tuple(part["to"]),
            key=part["key"],
            payload=part["payload"],
            broadcast=part.get("broadcast", False),
        )
        for name, part in data.items()
    }


def known_message(name: str) -> bool:
    """Tell whether the catalogue has a message of this name."""
    return name in catalogue()
