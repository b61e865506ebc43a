"""The diagrams, forms and decisions that Stellwerk ships pass the linter without a warning."""

from pathlib import Path

from app.bootstrap import build
from app.processes.publish import check
from app.settings import Settings

ROOT = Path(__file__).parents[2]


def test_shipped_files_have_no_problems(tmp_path: Path) -> None:
    settings = Settings(home=ROOT, var=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    parts = build(settings)
    sources = parts.library.shipped()
    assert {source.kind for source in sources} == {"diagram", "form", "decision", "process"}
    problems = check(sources, parser=parts.parser, registry=parts.registry, record_kinds=parts.records.prefixes())
    assert [str(problem) for problem in problems] == []
