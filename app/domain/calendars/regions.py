"""Public holidays by region: the library's countries and their parts, and which days are off there and why."""

import unicodedata
import warnings
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from babel import Locale

NONE: Mapping[date, str] = MappingProxyType({})


@lru_cache(maxsize=512)
def named(region: str, year: int, locale: str = "en") -> Mapping[date, str]:
    """Return the public holidays of a year with what they are called.

    Args:
        region: a country (`DE`), or a part of one (`DE-SH`); empty for none.
        year: of the Gregorian calendar.
        locale: in which language they are called, where the library knows it; else English, else the country's own.
    """
    country, part = split(region)
    if not known(region) or not country:
        return NONE
    source = _countries()[country]
    languages = source.supported_languages or ()
    language = next((one for one in languages if one.partition("_")[0] == locale.partition("_")[0]), None)
    if language is None:
        language = next((one for one in languages if one.startswith("en")), source.default_language)
    import holidays

    found = holidays.country_holidays(country, subdiv=part or None, years=year, language=language)
    return MappingProxyType({day: found[day] for day in sorted(found) if day.year == year})


def split(region: str) -> tuple[str, str]:
    """Return a region's country and the part of it, empty for the whole country."""
    country, _, part = region.partition("-")
    return country, part


def known(region: str) -> bool:
    """Tell whether there is such a region; none at all is one, too."""
    country, part = split(region)
    if not region:
        return True
    return country in _countries() and (region == country or part in _countries()[country].subdivisions)


def title(region: str, locale: str) -> str:
    """Return what people call a region: “Germany, Schleswig-Holstein”."""
    country, part = split(region)
    if not country or not known(region):
        return region
    name = Locale.parse(locale).territories.get(country) or country
    return f"{name}, {_parts(country).get(part, part)}" if part else str(name)


@lru_cache(maxsize=16)
def choices(locale: str) -> tuple[tuple[str, str], ...]:
    """Return all regions with what they are called, countries by name, each followed by its parts."""
    found = []
    for country, source in _countries().items():
        regions = [country, *(f"{country}-{part}" for part in source.subdivisions)]
        parts = [(title(one, locale), one) for one in regions]
        found.append((parts[0], sorted(parts[1:], key=lambda one: _letters(one[0]))))
    found.sort(key=lambda one: _letters(one[0][0]))
    return tuple((code, called) for first, rest in found for called, code in (first, *rest))


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, Any]:
    # The library takes half a second to load; processes that count no holidays do without.
    import holidays
    from holidays.registry import COUNTRIES

    # Of years about which it knows nothing yet nobody needs to hear: they have no holidays.
    warnings.filterwarnings("ignore", "Requested Holidays are available only")
    codes = (codes[1] for codes in COUNTRIES.values())
    return {code: getattr(holidays, code) for code in sorted(codes)}


def _letters(name: str) -> str:
    """Return a name for sorting: Österreich stands among the O."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", name) if not unicodedata.combining(sign)).casefold()


def _parts(country: str) -> dict[str, str]:
    aliases = getattr(_countries()[country], "subdivisions_aliases", {})
    return {code: name for name, code in reversed(aliases.items())}
