"""Reads a `.dmn` file (DMN 1.3, as dmn-js writes it) into a `Decision`; refuses everything it would not carry out."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any, TypeVar

from lxml import etree

from app.errors import Problem, Refused
from app.expressions.decision import AGGREGATIONS, HIT_POLICIES, Decision, Input, Output, Rule
from app.expressions.errors import ExpressionError
from app.expressions.evaluate import Expression, parse_feel
from app.expressions.limits import Work
from app.expressions.safe_xml import line_of, local_name, namespace, parse_xml, text_of
from app.expressions.unary_tests import parse_unary
from app.expressions.values import contained

NAMESPACES = frozenset([
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
])  # fmt: skip
MAX_BYTES = 1024 * 1024
MAX_RULES = 1_000
MAX_COLUMNS = 40

Read = TypeVar("Read")


def load_decision(xml: bytes, file: str = "") -> Decision:
    """Return the one decision table of a file.

    `file` is the path shown in problems; when given, its name without the ending must be the decision's id.

    Raises:
        Refused: hostile or broken XML, not DMN, or a table that could not be carried out; names every bad cell.
    """
    if len(xml) > MAX_BYTES:
        raise Refused([Problem("xml-size", f"The file has {len(xml)} bytes; {MAX_BYTES} are allowed.",
                               "Divide the table.", file)])  # fmt: skip
    return _Reader(parse_xml(xml, file), file).decision()


class _Reader:
    def __init__(self, root: etree._Element, file: str) -> None:
        self.root, self.file = root, file
        self.dmn = namespace(root)
        self.problems: list[Problem] = []
        self.element = ""

    def note(self, rule: str, message: str, advice: str, node: etree._Element) -> None:
        """Keep a problem and go on, so that the owner sees all of them at once."""
        element = node.get("id") or self.element
        self.problems.append(Problem(rule, message, advice, self.file, element, line_of(node)))

    def refuse(self, rule: str, message: str, advice: str, node: etree._Element) -> Refused:
        """Make the refusal for a file with which one cannot go on."""
        self.note(rule, message, advice, node)
        return Refused(self.problems)

    def child(self, node: etree._Element, name: str) -> etree._Element | None:
        return node.find(f"{{{self.dmn}}}{name}")

    def children(self, node: etree._Element, name: str) -> list[etree._Element]:
        return node.findall(f"{{{self.dmn}}}{name}")

    def text(self, node: etree._Element | None) -> str:
        """Return the content of the `text` child that DMN wraps expressions in."""
        return text_of(self.child(node, "text")) if node is not None else ""

    def decision(self) -> Decision:
        if self.dmn not in NAMESPACES or local_name(self.root) != "definitions":
            raise self.refuse("decision-file", f"This is not a DMN 1.3 file: its root element is "
                              f"<{local_name(self.root)}>.", "Save the table as DMN 1.3 XML.", self.root)  # fmt: skip
        found = self.children(self.root, "decision")
        if len(found) != 1:
            raise self.refuse("decision-file", f"A file holds exactly one decision; this one has {len(found)}.",
                              "Move each decision to a file of its own.", self.root)  # fmt: skip
        node = found[0]
        key = self.element = node.get("id", "")
        expected = PurePosixPath(self.file).stem if self.file else key
        if not key or key != expected:
            self.note("decision-id", f"The decision's id “{key}” is not the file name “{expected}”.",
                      "Give the decision the id that the file is named after.", node)  # fmt: skip
        table = self.child(node, "decisionTable")
        if table is None:
            raise self.refuse("decision-table", "The decision has no decision table.",
                              "Draw a decision table; other kinds of decisions are not carried out.", node)  # fmt: skip
        variable = self.child(node, "variable")
        name = (variable.get("name") if variable is not None else "") or key
        decision = self.table(table, key, node.get("name") or key, name)
        if self.problems:
            raise Refused(self.problems)
        return decision

    def table(self, table: etree._Element, key: str, title: str, variable: str) -> Decision:
        policy, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation", "")
        if policy not in HIT_POLICIES:
            self.note("decision-hit-policy", f"The hit policy “{policy}” does not exist.",
                      f"Choose one of {', '.join(HIT_POLICIES)}.", table)  # fmt: skip
        if aggregation and (aggregation not in AGGREGATIONS or policy != "COLLECT"):
            self.note("decision-hit-policy", f"The aggregation “{aggregation}” does not go with {policy}.",
                      f"Only COLLECT aggregates, with one of {', '.join(AGGREGATIONS)}.", table)  # fmt: skip
        inputs, outputs = self.children(table, "input"), self.children(table, "output")
        rules = self.children(table, "rule")
        if not outputs or len(inputs) + len(outputs) > MAX_COLUMNS:
            raise self.refuse("decision-table", f"The table has {len(outputs)} outputs and {len(inputs)} inputs.",
                              f"It needs at least one output and may have {MAX_COLUMNS} columns.", table)  # fmt: skip
        if len(rules) > MAX_RULES:
            raise self.refuse("decision-table", f"The table has {len(rules)} rows; {MAX_RULES} are allowed.",
                              "Divide the table.", table)  # fmt: skip
        if aggregation in ("SUM", "MIN", "MAX") and len(outputs) != 1:
            self.note("decision-hit-policy", f"{aggregation} needs exactly one output.",
                      "Remove the other outputs or the aggregation.", table)  # fmt: skip
        columns = self.outputs(outputs, variable)
        if policy in ("PRIORITY", "OUTPUT ORDER") and not any(column.allowed for column in columns):
            self.note("decision-hit-policy", f"{policy} sorts by the outputs' lists of values, and there is none.",
                      "List the values of the output, the most important first.", table)  # fmt: skip
        return Decision(
            id=key, name=title, hit_policy=policy, aggregation=aggregation, variable=variable,
            inputs=tuple(self.input(node, number) for number, node in enumerate(inputs, 1)),
            outputs=columns,
            rules=tuple(self.rule(node, number, len(inputs), columns) for number, node in enumerate(rules, 1)),
        )  # fmt: skip

    def input(self, node: etree._Element, number: int) -> Input:
        expression = self.child(node, "inputExpression")
        text = self.text(expression)
        kind = expression.get("typeRef", "") if expression is not None else ""
        label = node.get("label") or text or f"input {number}"
        allowed = self.text(self.child(node, "inputValues"))
        read = self.read(_strict, text, node, f"Input “{label}”")
        return Input(
            label=label,
            expression=read or _strict("null"),
            type=kind,
            allowed=self.read(parse_unary, allowed, node, f"Allowed values of input “{label}”") if allowed else None,
        )

    def outputs(self, nodes: list[etree._Element], variable: str) -> tuple[Output, ...]:
        columns: list[Output] = []
        for node in nodes:
            name = node.get("name") or (variable if len(nodes) == 1 else "")
            if not name.isidentifier() or name in [column.name for column in columns]:
                self.note("decision-output", f"The output name “{name}” is empty, twice there, or no plain name.",
                          "Give each output a name of letters, digits and underscores.", node)  # fmt: skip
            listed, default = (self.text(self.child(node, part)) for part in ("outputValues", "defaultOutputEntry"))
            columns.append(
                Output(
                    name=name,
                    label=node.get("label", ""),
                    type=node.get("typeRef", ""),
                    allowed=self.read(_values, listed, node, f"Values of output “{name}”") or () if listed else (),
                    default=self.read(_strict, default, node, f"Default of output “{name}”") if default else None,
                )
            )
        return tuple(columns)

    def rule(self, node: etree._Element, number: int, inputs: int, outputs: tuple[Output, ...]) -> Rule:
        cells, answers = self.children(node, "inputEntry"), self.children(node, "outputEntry")
        if len(cells) != inputs or len(answers) != len(outputs):
            self.note("decision-row", f"Row {number} has {len(cells)} inputs and {len(answers)} outputs, not {inputs} "
                      f"and {len(outputs)}.", "Open the file in the editor and fill the row.", node)  # fmt: skip
        tests = [self.read(parse_unary, self.text(cell), cell, f"Row {number}") for cell in cells]
        results: list[Expression | None] = []
        for answer, output in zip(answers, outputs, strict=False):
            text = self.text(answer)
            result = self.read(_strict, text, answer, f"Row {number}, output “{output.name}”") if text else None
            results.append(result)
            if output.allowed and (not text or (result is not None and not result.names)):
                self.check_listed(result, output, number, answer)
        return Rule(
            number=number,
            tests=tuple(test for test in tests if test is not None),
            results=tuple(results),
            annotation=text_of(self.child(node, "description")) or self.text(self.child(node, "annotationEntry")),
            line=line_of(node),
        )

    def check_listed(self, result: Expression | None, output: Output, number: int, node: etree._Element) -> None:
        """Compare a constant answer with the output's list of values."""
        try:
            value = result.evaluate({}) if result is not None else None
        except ExpressionError as error:
            self.note("decision-cell", f"Row {number}, output “{output.name}”: {error.message}", "Correct it.", node)
            return
        if not contained(value, output.allowed, Work()):
            said = result.text if result is not None else "an empty cell"
            self.note("decision-cell", f"Row {number}: {said} is not one of the values of output “{output.name}”.",
                      "Correct the cell or add the value to the output's list.", node)  # fmt: skip

    def read(self, reader: Callable[[str], Read], text: str, node: etree._Element, where: str) -> Read | None:
        """Read a piece of FEEL, or keep the problem."""
        try:
            return reader(text)
        except ExpressionError as error:
            self.note("decision-cell", f"{where}: {error.message}",
                      "Write a text in quotes, a number, a range such as [1..3], > 5, not(…) or -.", node)  # fmt: skip
            return None


def _strict(text: str) -> Expression:
    return parse_feel(text, strict=True)


def _values(text: str) -> tuple[Any, ...]:
    return tuple(parse_feel(f"[{text}]", strict=True).evaluate({}))
