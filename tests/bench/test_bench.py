"""The benchmarks run and say what they should; how fast anything is, no test asks."""

import json
from pathlib import Path

import pytest

from tests.bench.__main__ import main
from tests.bench.figures import Rate, best, percentile
from tests.bench.report import Results, Target


def test_a_quick_run_measures_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "results.json"
    assert main(["--quick", "--output", str(output)]) == 0
    found = json.loads(output.read_text())
    assert {"engine alone", "limit"} <= set(found["a_limit"])
    assert {share.rpartition(" of the ")[2] for share in found["b_of_a"]} == set(found["a_limit"]) - {"engine alone"}
    assert {(load["processes"], load["clients"]) for load in found["b_completions"].values()} == {
        (1, 1), (1, 8), (2, 1), (2, 8),
    }  # fmt: skip
    assert all(load["count"] >= 20 for load in found["b_completions"].values())
    assert all(load["commits"] == 1 for load in found["b_completions"].values())
    assert all(counts["commits"] == 1 for counts in found["b_statements"].values())
    assert {"SpiffWorkflow, in memory", "product"} <= set(found["c_automatic"])
    assert [load["clients"] for load in found["d_inbox"].values()] == [1, 2, 1, 2]
    assert found["e_timers"]["count"] == 20
    printed = capsys.readouterr().out
    assert all(target["name"] in printed for target in found["targets"])
    assert {target["name"][:3] for target in found["targets"]} == {"(b)", "(c)", "(d)", "(e)"}


def test_targets_have_two_sides() -> None:
    assert Target("share", 0.5, least=0.5).met
    assert not Target("share", 0.49, least=0.5).met
    assert Target("p99", 50, most=50).met
    assert not Target("commits", 2, least=1, most=1).met


def test_of_several_rounds_the_fastest_counts() -> None:
    slow, fast = Rate(10, 2.0, 1.0), Rate(10, 1.0, 1.0)
    assert best([{"limit": slow, "other": fast}, {"limit": fast, "other": slow}]) == {"limit": fast, "other": fast}
    assert best([]) == {}


def test_percentiles() -> None:
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(list(range(1000)), 0.99) == 990
    assert percentile([1], 0.99) == 1


def test_what_was_not_measured_has_no_target() -> None:
    assert Results({}).targets() == []
