"""Writes the table of public holidays to standard output, compressed.

A line that begins with `@` is a country: its code, its name, the years that are known, its time zones. One that begins
with `/` is a subdivision of it: its code, and other names of it. The others are holidays: their name, and the days of a
year as MMDD; in which of the years, counted from the first, where it is not each. Those of a subdivision begin with `+`
where it has them beside its country's, and with `-` where it lacks them.
"""

import gzip
import importlib.metadata
import importlib.resources
import sys
import warnings

import holidays

FIRST, LAST = 2020, 2040
# Licence and makers, as the licence asks for.
HEAD = f"""\
# Public holidays by country, {FIRST} to {LAST}, of the Python package holidays {importlib.metadata.version("holidays")}:
# Copyright (c) Vacanza Team and individual contributors; (c) dr-prodigy, 2017-2023; (c) ryanss, 2014-2017. MIT licence.
# Time zones and names of countries: tzdata {importlib.metadata.version("tzdata")}, public domain. Made by scripts/holidays."""


def zone_table(name):
    text = importlib.resources.files("tzdata").joinpath("zoneinfo", name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]


def days(country, years, subdivision=None):
    """Names, in English where the package has them so, and their days."""
    languages = getattr(holidays.country_holidays(country), "supported_languages", ())
    english = next((language for language in ("en_US", "en_GB") if language in languages), None)
    known = holidays.country_holidays(country, subdiv=subdivision, years=years, language=english)
    named = {}
    for day in known:
        for name in known.get_list(day):
            named.setdefault(name, set()).add(day)
    return named


def known_years(country):
    """As far as the package has them; for some countries it warns of the years after."""
    has = holidays.country_holidays(country)
    years = []
    for year in range(max(FIRST, has.start_year), min(LAST, has.end_year) + 1):
        try:
            days(country, [year])
        except UserWarning:
            break
        years.append(year)
    return years


def lines(named, years, before=""):
    for name in sorted(named):
        by_day = {}
        for day in sorted(named[name]):
            by_day.setdefault(f"{day:%m%d}", []).append(day.year - FIRST)
        each = list(range(years[0] - FIRST, years[-1] - FIRST + 1))
        by_first = sorted(by_day.items(), key=lambda item: (item[1][0], item[0]))
        written = [day if at == each else f"{day}:{','.join(map(str, at))}" for day, at in by_first]
        yield f"{before}{name}|{' '.join(written)}"


def without(named, others):
    rest = {name: of - others.get(name, set()) for name, of in named.items()}
    return {name: of for name, of in rest.items() if of}


def table():
    names = dict(zone_table("iso3166.tab"))
    zones = {}
    for code, _, zone, *_ in zone_table("zone.tab"):
        zones.setdefault(code, []).append(zone)
    yield HEAD
    for country, subdivisions in sorted(holidays.list_supported_countries(include_aliases=False).items()):
        years = known_years(country)
        national = days(country, years)
        if not national:
            continue
        name, places = names.get(country, country), " ".join(zones.get(country, []))
        yield f"@{country}|{name}|{years[0]}-{years[-1]}|{places}"
        yield from lines(national, years)
        aliases = getattr(holidays.country_holidays(country), "subdivisions_aliases", {})
        for subdivision in subdivisions:
            also = sorted(alias for alias, code in aliases.items() if code == subdivision)
            yield "|".join([f"/{subdivision}", *also])
            named = days(country, years, subdivision)
            yield from lines(without(named, national), years, "+")
            yield from lines(without(national, named), years, "-")


warnings.filterwarnings("error")
text = "\n".join(table()) + "\n"
sys.stdout.buffer.write(gzip.compress(text.encode(), compresslevel=9, mtime=0))
