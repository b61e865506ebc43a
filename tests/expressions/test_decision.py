"""Decision tables: every hit policy, compared with a slow and simple reading of the standard."""

from datetime import date
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Refused
from app.expressions import Decision, DecisionError, load_decision

IMPACT = [("impact", "impact", "string", ""), ("urgency", "urgency", "string", "")]


def dmn(
    rows: list[list[str]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    inputs: list[tuple[str, str, str, str]] | None = None,
    outputs: list[tuple[str, str, str, str]] | None = None,
    key: str = "priority",
) -> bytes:
    """Return a DMN file; an input is (label, expression, type, allowed), an output (name, type, values, default)."""
    inputs = IMPACT if inputs is None else inputs
    outputs = [("priority", "string", "", "")] if outputs is None else outputs

    def text(tag: str, value: str) -> str:
        return f"<{tag}><text>{escape(value)}</text></{tag}>" if value else ""

    columns = "".join(
        f"<input id='in{n}' label={quoteattr(label)}><inputExpression typeRef={quoteattr(kind)}><text>{escape(said)}"
        f"</text></inputExpression>{text('inputValues', allowed)}</input>"
        for n, (label, said, kind, allowed) in enumerate(inputs)
    ) + "".join(
        f"<output id='out{n}' name={quoteattr(name)} typeRef={quoteattr(kind)}>{text('outputValues', values)}"
        f"{text('defaultOutputEntry', default)}</output>"
        for n, (name, kind, values, default) in enumerate(outputs)
    )
    lines = "".join(
        f"<rule id='rule{n}'>"
        + "".join(f"<inputEntry id='c{n}_{m}'><text>{escape(cell)}</text></inputEntry>" for m, cell in
                  enumerate(row[: len(inputs)]))
        + "".join(f"<outputEntry id='a{n}_{m}'><text>{escape(cell)}</text></outputEntry>" for m, cell in
                  enumerate(row[len(inputs) :]))
        + "</rule>\n"
        for n, row in enumerate(rows)
    )  # fmt: skip
    more = f" aggregation='{aggregation}'" if aggregation else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        f'id="d" name="d" namespace="stellwerk">\n<decision id="{key}" name="Priority">'
        f"<decisionTable id='table' hitPolicy='{policy}'{more}>{columns}\n{lines}</decisionTable></decision>"
        "</definitions>"
    ).encode()


def table(rows: list[list[str]], **more: Any) -> Decision:
    return load_decision(dmn(rows, **more))


PRIORITY = [
    ['"site"', '"now","today"', '"P1"'],
    ['"site"', 'not("now","today")', '"P2"'],
    ['not("site")', "-", '"P6"'],
]


def test_the_answer_is_a_map_of_outputs() -> None:
    decision = load_decision(dmn(PRIORITY), "bpmn/incidents/priority.dmn")
    assert decision.decide({"impact": "site", "urgency": "today"}) == {"priority": "P1"}
    assert decision.decide({"impact": "site", "urgency": "later"}) == {"priority": "P2"}
    assert decision.decide({"impact": "person", "urgency": None}) == {"priority": "P6"}
    assert (decision.id, decision.name, decision.hit_policy) == ("priority", "Priority", "UNIQUE")
    assert decision.names == {"impact", "urgency"}


def test_no_match_is_an_error_with_the_values() -> None:
    with pytest.raises(DecisionError, match="no row matches .impact = “site”, urgency = nothing"):
        table([['"site"', '"now"', '"P1"']]).decide({"impact": "site", "urgency": None})


def test_a_default_answers_where_no_row_does() -> None:
    rows = [['"site"', "-", '"P1"']]
    more: Any = {"outputs": [("priority", "string", "", '"P6"')]}
    assert table(rows, **more).decide({"impact": "x", "urgency": "y"}) == {"priority": "P6"}
    assert table(rows, policy="RULE ORDER", **more).decide({"impact": "x", "urgency": "y"}) == ["P6"]
    assert table(rows, policy="COLLECT", **more).decide({"impact": "x", "urgency": "y"}) == ["P6"]


def test_overlapping_rows_are_an_error_with_their_numbers() -> None:
    decision = table([['"site"', "-", '"P1"'], ['"team"', "-", '"P2"'], ["-", '"now"', '"P3"'], ["-", "-", '"P4"']])
    with pytest.raises(DecisionError, match="rows 1, 3 and 4 match at once") as caught:
        decision.decide({"impact": "site", "urgency": "now"})
    assert caught.value.rows == (1, 3, 4)
    assert caught.value.decision == "priority"


def test_any_needs_the_same_answer() -> None:
    rows = [['"site"', "-", '"P1"'], ["-", '"now"', '"P1"'], ["-", '"later"', '"P2"']]
    assert table(rows, policy="ANY").decide({"impact": "site", "urgency": "now"}) == {"priority": "P1"}
    with pytest.raises(DecisionError, match="rows 1 and 3 both match") as caught:
        table(rows, policy="ANY").decide({"impact": "site", "urgency": "later"})
    assert caught.value.rows == (1, 3)


SCORES = [["> 0", "1"], ["> 5", "10"], ["> 8", "2.5"]]
SCORE: Any = {"inputs": [("n", "n", "number", "")], "outputs": [("score", "number", "", "")]}


@pytest.mark.parametrize(
    ("aggregation", "nine", "none"),
    [("SUM", 13.5, 0), ("MIN", 1, None), ("MAX", 10, None), ("COUNT", 3, 0), ("", [1, 10, 2.5], [])],
)
def test_collect(aggregation: str, nine: Any, none: Any) -> None:
    decision = table(SCORES, policy="COLLECT", aggregation=aggregation, **SCORE)
    assert decision.decide({"n": 9}) == nine
    assert decision.decide({"n": 0}) == none


def test_collect_of_several_outputs_gives_maps() -> None:
    outputs = [("team", "string", "", ""), ("hours", "number", "", "")]
    decision = table([["-", "-", '"network"', "2"], ["-", "-", '"storage"', "n + 1"]], policy="COLLECT",
                     outputs=outputs)  # fmt: skip
    assert decision.decide({"impact": 1 and "x", "urgency": "y", "n": 4}) == [
        {"team": "network", "hours": 2}, {"team": "storage", "hours": 5},
    ]  # fmt: skip


def test_aggregations_need_numbers() -> None:
    decision = table([["-", '"a"'], ["-", "1"]], policy="COLLECT", aggregation="SUM",
                     inputs=SCORE["inputs"], outputs=[("score", "", "", "")])  # fmt: skip
    with pytest.raises(DecisionError, match="SUM of rows 1 and 2: “a” is not a number"):
        decision.decide({"n": 1})


RANKED: Any = {
    "inputs": [("n", "n", "number", "")],
    "outputs": [("level", "string", '"high","middle","low"', ""), ("place", "number", "", "")],
}
LEVELS = [["> 0", '"low"', "1"], ["> 5", '"high"', "2"], ["> 8", '"middle"', "3"]]


def test_priority_takes_the_most_important_answer() -> None:
    decision = table(LEVELS, policy="PRIORITY", **RANKED)
    assert decision.decide({"n": 9}) == {"level": "high", "place": 2}
    assert decision.decide({"n": 1}) == {"level": "low", "place": 1}


def test_output_order_sorts_and_rule_order_does_not() -> None:
    assert [row["place"] for row in table(LEVELS, policy="OUTPUT ORDER", **RANKED).decide({"n": 9})] == [2, 3, 1]
    assert [row["place"] for row in table(LEVELS, policy="RULE ORDER", **RANKED).decide({"n": 9})] == [1, 2, 3]


def test_first_looks_no_further() -> None:
    rows = [["> 5", "1"], ["missing", "2"]]
    assert table(rows, policy="FIRST", **SCORE).decide({"n": 9}) == {"score": 1}
    with pytest.raises(DecisionError, match="row 2: There is no “missing” here"):
        table(rows, policy="FIRST", **SCORE).decide({"n": 1})


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ({}, "input “n”: There is no “n” here"),
        ({"n": "9"}, "input “n”: it must be a number, but is “9”"),
        ({"n": True}, "must be a number"),
    ],
)
def test_wrong_input_is_explained(scope: dict[str, Any], words: str) -> None:
    with pytest.raises(DecisionError, match=words):
        table(SCORES, policy="FIRST", **SCORE).decide(scope)


def test_input_outside_its_list_is_refused() -> None:
    decision = table([["-", '"P1"']], inputs=[("impact", "impact", "string", '"site","team"')])
    assert decision.decide({"impact": None}) == {"priority": "P1"}
    with pytest.raises(DecisionError, match="“world” is not one of the allowed values"):
        decision.decide({"impact": "world"})


def test_dates_are_read_from_texts() -> None:
    decision = table([['< @"2026-06-01"', "1"], ['>= @"2026-06-01"', "2"]],
                     inputs=[("day", "record.day", "date", "")], outputs=[("half", "number", "", "")])  # fmt: skip
    assert decision.decide({"record": {"day": "2026-03-06"}}) == {"half": 1}
    assert decision.decide({"record": {"day": date(2026, 7, 1)}}) == {"half": 2}


@pytest.mark.parametrize(
    ("content", "rule", "words"),
    [
        (dmn([["x y", "-", '"P1"']]), "decision-cell", "Row 1: “y” does not fit here"),
        (dmn([["-", "-", "P1 P2"]]), "decision-cell", "Row 1, output “priority”"),
        (dmn([["-", "-"]]), "decision-row", "Row 1 has 2 inputs and 0 outputs, not 2 and 1"),
        (dmn([], policy="BEST"), "decision-hit-policy", "“BEST” does not exist"),
        (dmn([], policy="FIRST", aggregation="SUM"), "decision-hit-policy", "does not go with FIRST"),
        (dmn([], policy="COLLECT", aggregation="AVG"), "decision-hit-policy", "“AVG” does not go with COLLECT"),
        (dmn([], policy="PRIORITY"), "decision-hit-policy", "there is none"),
        (dmn([], policy="COLLECT", aggregation="SUM", outputs=[("a", "", "", ""), ("b", "", "", "")]),
         "decision-hit-policy", "exactly one output"),
        (dmn([], outputs=[("a", "", "", ""), ("a", "", "", "")]), "decision-output", "“a” is empty, twice there"),
        (dmn([], outputs=[]), "decision-table", "0 outputs"),
        (dmn([], inputs=[("n", "n +", "", "")]), "decision-cell", "Input “n”: The expression is not complete"),
        (dmn([["-", "-", '"P9"']], outputs=[("priority", "string", '"P1","P2"', "")]), "decision-cell",
         '"P9" is not one of the values'),
        (dmn([["-", "-", ""]], outputs=[("priority", "string", '"P1","P2"', "")]), "decision-cell", "an empty cell"),
        (dmn([["-", "-", '"P1" + 1']], outputs=[("priority", "string", '"P1"', "")]), "decision-cell", "“+” does not"),
        (dmn([["-", "-", '"P1"']] * 1001), "decision-table", "1001 rows"),
        (dmn([], key="other"), "decision-id", "“other” is not the file name “priority”"),
        (b"<definitions/>", "decision-file", "not a DMN 1.3 file"),
        (dmn([]).replace(b"decisionTable", b"literalExpression"), "decision-table", "no decision table"),
        (dmn([]).replace(b"</definitions>", b"<decision id='x'/></definitions>"), "decision-file", "this one has 2"),
        (b"<!DOCTYPE d [<!ENTITY a 'b'>]>" + dmn([]).split(b"\n", 1)[1], "xml-doctype", "document type"),
        (b"<definitions", "xml-syntax", "not well-formed"),
        (b" " * 1_100_000, "xml-size", "1048576 are allowed"),
    ],
)  # fmt: skip
def test_bad_tables_are_refused(content: bytes, rule: str, words: str) -> None:
    with pytest.raises(Refused) as caught:
        load_decision(content, "bpmn/incidents/priority.dmn")
    problem = caught.value.problems[0]
    assert problem.rule == rule
    assert words in problem.message
    assert problem.file == "bpmn/incidents/priority.dmn"
    assert problem.advice


def test_a_bad_cell_is_named_with_its_line_and_id() -> None:
    with pytest.raises(Refused) as caught:
        load_decision(dmn([["-", "-", '"P1"'], ["-", "> > 1", '"P1"'], ["(", "-", '"P1"']]))
    assert [(problem.element, problem.line) for problem in caught.value.problems] == [("c1_1", 5), ("c2_0", 6)]


# A slow and simple reading of the standard to compare with ----------------------------------------------------------

tests = st.one_of(
    st.just(("-", lambda n: True)),
    st.integers(0, 4).map(lambda v: (str(v), lambda n: n == v)),
    st.integers(0, 4).map(lambda v: (f"> {v}", lambda n: n > v)),
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda p: (f"[{p[0]}..{p[1]})", lambda n: p[0] <= n < p[1])),
    st.lists(st.integers(0, 4), min_size=1, max_size=3).map(lambda v: (",".join(map(str, v)), lambda n: n in v)),
    st.lists(st.integers(0, 4), min_size=1, max_size=3).map(
        lambda v: (f"not({','.join(map(str, v))})", lambda n: n not in v)
    ),
)
rules = st.lists(st.tuples(tests, tests, st.integers(1, 4)), max_size=6)
# fmt: off
POLICIES = [("UNIQUE", ""), ("FIRST", ""), ("ANY", ""), ("PRIORITY", ""), ("RULE ORDER", ""), ("OUTPUT ORDER", ""),
            ("COLLECT", ""), ("COLLECT", "SUM"), ("COLLECT", "MIN"), ("COLLECT", "MAX"), ("COLLECT", "COUNT")]
# fmt: on
ORDER = [3, 1, 4, 2]


def expected(policy: str, aggregation: str, hits: list[int]) -> Any:
    if policy == "COLLECT":
        empty = {"SUM": 0, "COUNT": 0, "MIN": None, "MAX": None, "": []}[aggregation]
        how: Any = {"SUM": sum, "COUNT": len, "MIN": min, "MAX": max, "": list}[aggregation]
        return how(hits) if hits else empty
    if not hits or (policy == "UNIQUE" and len(hits) > 1) or (policy == "ANY" and len(set(hits)) > 1):
        return "error"
    if policy == "RULE ORDER":
        return hits
    if policy == "OUTPUT ORDER":
        return sorted(hits, key=ORDER.index)
    return {"out": min(hits, key=ORDER.index) if policy == "PRIORITY" else hits[0]}


@settings(max_examples=150, deadline=None)
@given(rules, st.sampled_from(POLICIES))
def test_hit_policies_behave_as_the_standard_reads(drawn: list[Any], policy: tuple[str, str]) -> None:
    decision = table(
        [[one[0], other[0], str(result)] for one, other, result in drawn],
        policy=policy[0], aggregation=policy[1],
        inputs=[("a", "a", "number", ""), ("b", "b", "number", "")], outputs=[("out", "number", "3,1,4,2", "")],
    )  # fmt: skip
    for a in range(6):
        for b in range(6):
            hits = [result for one, other, result in drawn if one[1](a) and other[1](b)]
            try:
                answer = decision.decide({"a": a, "b": b})
            except DecisionError as error:
                answer = "error"
                assert len(error.rows) != 1
            assert answer == expected(*policy, hits)
