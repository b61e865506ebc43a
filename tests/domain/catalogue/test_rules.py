"""Who may order what, and who is asked first."""

import pytest

from app.domain.catalogue import rules
from app.domain.catalogue.rules import Orderer

CHIARA = Orderer("Nordhafen Institute", frozenset({"changes.cab"}))
NOBODY = Orderer(None, frozenset())


@pytest.mark.parametrize(
    ("audience", "named", "chiara", "nobody"),
    [
        ("everybody", None, True, True),
        ("organisations", "Museum\n nordhafen institute ", True, False),
        ("organisations", "Museum, Coast", False, False),
        ("organisations", "", False, False),
        ("organisations", None, False, False),
        ("roles", "changes.cab; team.desk", True, False),
        ("roles", "changes", False, False),
        # What the product does not know is for nobody.
        ("friends", "Nordhafen Institute", False, False),
        ("", None, False, False),
    ],
)
def test_items_are_for_their_audience_alone(audience: str, named: str | None, chiara: bool, nobody: bool) -> None:
    assert rules.may_order(CHIARA, audience, named) is chiara
    assert rules.may_order(NOBODY, audience, named) is nobody


@pytest.mark.parametrize(
    ("approval", "person", "role", "expected"),
    [
        ("none", 7, "changes.cab", []),
        ("person", 7, None, ["7", rules.MANAGER]),
        ("role", None, " changes.cab ", ["changes.cab", rules.MANAGER]),
        # A gap in the catalogue approves nothing.
        ("person", None, None, [rules.MANAGER]),
        ("role", None, " ", [rules.MANAGER]),
        ("somehow", 7, None, [rules.MANAGER]),
    ],
)
def test_whom_an_approval_is_asked_of(approval: str, person: int | None, role: str | None, expected: list[str]) -> None:
    assert rules.approvers(approval, person, role) == expected
