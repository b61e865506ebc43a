"""Regions: named in the reader's language, their holidays too; every one that is offered can be counted."""

from datetime import date

import pytest

from app.domain.calendars import regions


def test_regions_stand_in_the_order_of_the_reader() -> None:
    german = dict(regions.choices("de"))
    names = list(german.values())
    assert german["DE-SH"] == "Deutschland, Schleswig-Holstein" and german["GB-SCT"].startswith("Vereinigtes")
    assert names.index("Norwegen") < names.index("Österreich") < names.index("Portugal")
    assert names.index("Deutschland") < names.index("Deutschland, Bayern") < names.index("Dominica")
    assert len(german) == len(regions.choices("en")) == len(set(german.values()))


@pytest.mark.parametrize(
    ("region", "locale", "called"),
    [
        ("DE", "de", "Neujahr"), ("DE", "en", "New Year's Day"), ("PL", "de", "Neujahr"),
        ("US", "de", "New Year's Day"), ("AT", "fr", "New Year's Day"), ("", "de", None), ("XX", "de", None),
    ],
)  # fmt: skip
def test_holidays_are_called_as_the_library_can(region: str, locale: str, called: str | None) -> None:
    assert regions.named(region, 2027, locale).get(date(2027, 1, 1)) == called


def test_a_holiday_of_one_region_alone() -> None:
    corpus_christi = date(2026, 6, 4)
    assert corpus_christi in regions.named("DE-BY", 2026) and corpus_christi not in regions.named("DE-SH", 2026)
