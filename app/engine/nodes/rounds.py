"""Multi-instance activities and loops: one token that stands for all rounds, and one for each round at work."""

from collections.abc import Iterator, Mapping
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.engine.nodes.node import Node
from app.engine.scripting import evaluate
from app.engine.token import Token
from app.engine.work import ElementError
from app.errors import Message
from app.expressions import Expression
from app.processes.definition import Element, Loop

MAX_ROUNDS = 10_000


class Rounds(Node):
    """What multi-instance activities and loops share; `inside` is the element as it runs in one round."""

    def __init__(self, level: Any, name: str, element: Element, inside: Node) -> None:
        super().__init__(level, name, element)
        assert element.loop is not None
        self.loop: Loop = element.loop
        self.inside = inside
        inside.rounds = self

    def is_urgent(self, token: Token) -> bool:
        """Look at a finished round before the next one goes on."""
        return "started" in token.internal_data

    def begin_round(self, token: Token, number: int, values: Mapping[str, Any], key: Any = None) -> None:
        """Begin one round with variables of its own; `key` is what the results call it."""
        inner = Token(token.workflow, self.inside, token)
        inner.inherit(token)
        inner.write(values)
        inner.internal_data.update(round=number, entry=key)
        self.inside.enter(inner)

    def round_done(self, inner: Token) -> None:
        """Take over what a round has yielded and look whether there are more."""
        token = inner.parent
        assert token is not None
        self.collect(token, inner)
        token.workflow.top_workflow.remove(inner)
        if token._state == TaskState.STARTED:
            token._set_state(TaskState.READY)

    def collect(self, token: Token, inner: Token) -> None:
        """Take over what a round has yielded."""
        token.merge(inner.data, inner.stamps)

    def tell(self, token: Token) -> None:
        """Say nothing: each round was told."""

    def skip(self, token: Token) -> None:
        """Go on without the rounds that are missing."""
        for inner in self.at_work(token):
            token.workflow.top_workflow.remove(inner)
        super().skip(token)

    @staticmethod
    def at_work(token: Token) -> list[Token]:
        """Return the rounds that are under way."""
        return [token.workflow.tasks[child] for child in token._children]


class Repeat(Rounds):
    """A standard loop: rounds one after the other while the condition holds, at most `maximum`."""

    condition: Expression | None = None
    maximum: int | None = None

    def carry_out(self, token: Token) -> bool:
        """Begin the next round if there is to be one."""
        notes = token.internal_data
        done: int = notes.get("done", 0)
        if self.at_work(token):
            return False
        test = notes.get("started") or self.loop.attributes.get("testBefore") == "true"
        if self.maximum is not None and done >= self.maximum:
            return True
        if test and self.condition is not None and not evaluate(token, self.condition):
            return True
        notes["started"] = True
        self.begin_round(token, done, {})
        return False

    def collect(self, token: Token, inner: Token) -> None:
        """Take over all variables of the round."""
        super().collect(token, inner)
        token.internal_data["done"] = token.internal_data.get("done", 0) + 1


class MultiInstance(Rounds):
    """One round for each entry of a collection, or a number of rounds; all at once or one after the other."""

    cardinality: Expression | None = None
    collection: Expression | None = None
    condition: Expression | None = None

    def carry_out(self, token: Token) -> bool:
        """Begin the rounds that are due; True when all are done or the completion condition holds."""
        notes = token.internal_data
        if "started" not in notes:
            entries = [[key, value] for key, value in self._entries(token)]
            notes.update(started=True, begun=0, results=[], waiting=entries)
            self._publish(token)
        elif self._is_enough(token):
            for inner in self.at_work(token):
                token.workflow.top_workflow.remove(inner)
            notes["waiting"] = []
            return True
        working = len(token._children)
        if not working:
            now = len(notes["waiting"]) if self.loop.kind == "parallel" else 1
            due, notes["waiting"] = notes["waiting"][:now], notes["waiting"][now:]
            for key, value in due:
                own = {self.loop.item: value} if self.loop.item else {}
                self.begin_round(token, notes["begun"], own, key)
                notes["begun"] += 1
        return not token._children

    def collect(self, token: Token, inner: Token) -> None:
        """Take over the result of the round, or without one all its variables but its own."""
        notes = token.internal_data
        loop = self.loop
        if loop.result_item:
            value = inner.data.get(loop.result_item)
            notes["results"].append([inner.internal_data["round"], inner.internal_data["entry"], value])
            notes["latest"] = value
        else:
            notes["results"].append([inner.internal_data["round"], inner.internal_data["entry"], None])
            token.merge(inner.data, inner.stamps, frozenset({loop.item}))
        self._publish(token)

    def skip(self, token: Token) -> None:
        """Go on with the results there are."""
        super().skip(token)
        token.internal_data["waiting"] = []

    def _publish(self, token: Token) -> None:
        """Show the results so far, in the order of the collection."""
        if not (self.loop.result and self.loop.result_item):
            return
        results = sorted(token.internal_data["results"], key=lambda entry: entry[0])
        if token.internal_data.get("named"):
            token.write({self.loop.result: {key: value for _, key, value in results}})
        else:
            token.write({self.loop.result: [value for _, _, value in results]})

    def _is_enough(self, token: Token) -> bool:
        if self.condition is None or not token.internal_data["results"]:
            return False
        more = {self.loop.result_item: token.internal_data.get("latest")} if self.loop.result_item else {}
        return bool(evaluate(token, self.condition, more))

    def _entries(self, token: Token) -> Iterator[tuple[Any, Any]]:
        if self.collection is not None:
            entries = evaluate(token, self.collection)
            if isinstance(entries, Mapping):
                token.internal_data["named"] = True
                self._bound(len(entries))
                yield from entries.items()
            elif isinstance(entries, list | tuple):
                self._bound(len(entries))
                yield from enumerate(entries)
            else:
                told = Message(
                    "{element} runs once for each entry of a list; “{name}” is no list.",
                    element=self.label, name=self.loop.collection,
                )  # fmt: skip
                raise ElementError(told)
            return
        count = evaluate(token, self.cardinality) if self.cardinality is not None else 0
        if isinstance(count, bool) or not isinstance(count, int) or count < 0:
            told = Message(
                "{element} needs a whole number of rounds, 0 or more; it is {value}.",
                element=self.label, value=repr(count),
            )  # fmt: skip
            raise ElementError(told)
        self._bound(count)
        yield from ((number, number) for number in range(count))

    def _bound(self, count: int) -> None:
        if count > MAX_ROUNDS:
            told = Message(
                "{element} would run {count} times; at most {most} are possible.",
                element=self.label, count=count, most=MAX_ROUNDS,
            )  # fmt: skip
            raise ElementError(told)
