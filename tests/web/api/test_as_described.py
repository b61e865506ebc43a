"""Whatever fits the description of the API or does not, everybody is answered as it says: by schemathesis.

`STELLWERK_API_EXAMPLES` asks for more examples of each endpoint than the few that are tried each time.
"""

import os
import re
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.web.api.scopes import Pace
from tests.stage import Stage
from tests.web.api.test_access import PEOPLE

NOBODY = ""
EXAMPLES = int(os.environ.get("STELLWERK_API_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
TRIED = settings(
    max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture
def known(desk: Stage, case_id: int) -> dict[str, list[str]]:
    """Values of parameters behind which there is something, by the parameter's name."""
    [task] = desk.tasks("open", case_id)
    return {
        "key": ["walk", "closed", "incident.category"], "kind": ["incident", "service", "case"],
        "number": [desk.case(case_id).number, desk.record(case_id)["number"]], "task_id": [str(task.id)],
        "name": ["alert.raised", "tag"], "person": ["me", str(desk.people["Ben Osei"])], "role": ["changes.cab"],
        "format_of": ["csv", "xlsx"],
    }  # fmt: skip


def test_everybody_is_answered_as_described(
    desk: Stage, known: dict[str, list[str]], subtests: pytest.Subtests
) -> None:
    desk.app.state.pace = Pace(0)
    document = openapi.from_dict(desk.visitor().get("/api/v1/openapi.json").json())
    clients = {name: desk.api(name) if name else desk.visitor() for name in (NOBODY, *PEOPLE)}
    for found in document.get_all_operations():
        operation = found.ok()
        with subtests.test(operation.label):
            _try(operation, clients, known)


def _try(operation: Any, clients: dict[str, TestClient], known: dict[str, list[str]]) -> None:
    """Let everybody call one endpoint with what fits its description and what does not, where something is or not.

    Raises:
        AssertionError: the first answer that is not as described.
    """
    fits, does_not = (operation.as_strategy(mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))
    names = re.findall(r"{(\w+)}", operation.path)
    places = st.fixed_dictionaries({name: st.sampled_from(known.get(name, ["1"])) for name in names})

    @TRIED
    @given(st.one_of(fits, does_not), st.one_of(places, places, st.just({})))
    def call(case: schemathesis.Case, place: dict[str, str]) -> None:
        if place:
            case.path_parameters = {**(case.path_parameters or {}), **place}
        for name, client in clients.items():
            sent = case.as_transport_kwargs(base_url="http://testserver", headers=dict(client.headers))
            answer = client.request(
                sent["method"], sent["url"], params=sent.get("params"), headers=sent.get("headers"),
                content=sent.get("data"), json=sent.get("json"),
            )  # fmt: skip
            try:
                case.validate_response(answer, checks=CHECKS)
            except (Exception, FailureGroup) as error:
                raise AssertionError(f"{name or 'nobody'}: {error}") from error

    call()
