"""Every kind of field is documented, with an example that works."""

import json
import re
from pathlib import Path

import pytest

from app.forms import load_form
from app.forms.fields import KINDS

TEXT = (Path(__file__).parents[2] / "docs/forms.md").read_text()
EXAMPLES = dict(re.findall(r"^### (\w+)\n.*?^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE))


def test_every_kind_and_no_other_is_documented() -> None:
    assert list(EXAMPLES) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_of_a_kind_is_of_that_kind(kind: str) -> None:
    form = load_form(json.dumps({"components": [json.loads(EXAMPLES[kind])]}))
    assert form.fields[0].kind == kind


def test_the_empty_form_is_a_form() -> None:
    first = re.search(r"```json\n(.*?)```", TEXT, re.DOTALL)
    assert first and load_form(first[1]).title == "Classify"
