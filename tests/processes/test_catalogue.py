"""The catalogue of identifiers is complete, consistent and in short words."""

from collections import Counter

import pytest

from app.processes import catalogue


def test_everything_of_the_standard_is_there() -> None:
    counts = Counter(identifier.kind for identifier in catalogue.identifiers().values())
    assert counts == {
        "area": 21, "group": 46, "activity": 134, "interface": 61, "input": 41, "output": 63, "setup": 91,
        "requirement": 82,
    }  # fmt: skip
    assert set(counts) == set(catalogue.kinds)


def test_labels_are_short_and_say_something() -> None:
    for identifier in catalogue.identifiers().values():
        assert 1 <= len(identifier.label.split()) <= 12, identifier
        assert identifier.label == identifier.label.strip()


def test_parents_exist_and_are_of_the_right_kind() -> None:
    all_of_them = catalogue.identifiers()
    for identifier in all_of_them.values():
        if identifier.kind == "area":
            assert identifier.parent == ""
        else:
            expected = "group" if identifier.kind == "activity" else "area"
            assert all_of_them[identifier.parent].kind == expected, identifier


def test_interfaces_have_a_direction_and_another_area() -> None:
    codes = {area.code for area in catalogue.areas()} | {"any"}
    for identifier in catalogue.identifiers().values():
        if identifier.kind == "interface":
            assert identifier.direction in ("in", "out")
            assert identifier.other in codes
        else:
            assert identifier.direction == identifier.other == ""


def test_folders_and_codes() -> None:
    assert catalogue.folder_of("ISRM") == catalogue.folder_of("PR9") == "incidents"
    assert catalogue.codes_of("incidents") == ("ISRM",)
    assert len(catalogue.codes_of("management")) == 7
    assert len(catalogue.folders()) == 16
    with pytest.raises(KeyError):
        catalogue.folder_of("XYZ")


def test_known_and_label() -> None:
    assert catalogue.known("ISRM-A1.2") and catalogue.known("ISRM-A1.2", "activity")
    assert not catalogue.known("ISRM-A1.2", "output")
    assert not catalogue.known("ISRM-A9.9")
    assert catalogue.label("PR9.4") == "Customers and users hear how things stand"
    assert catalogue.label("PR99.1") == "PR99.1"
