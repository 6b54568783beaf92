"""Medication lists as people write them: names, doses, times, routes, dates; what is not understood is kept and said.

Nothing is guessed. A name must be known in full, else it is left open with suggestions. A number that was not
understood makes the whole dose not understood. Dates of a month without a day are read as its first day for a start and
its last day for a stop, so that an exposure is never made shorter than written. A planned end ("until May") is not a
stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from rxweave.knowledge.drugs import Drug
from rxweave.patient.names import FORM_WORDS, DrugMatch, DrugNames, DrugSuggestions, normal_text
from rxweave.patient.patient import MedicationOrder

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]{1,6})?|[0-9]{1,7}(?:[.,][0-9]{1,6})?|\.[0-9]{1,6})(?![0-9])"
_UNITS = {
    "mg": r"mg|milligrams?|mgs",
    "g": r"g|gm|grams?",
    "mcg": r"mcg|mcgs|ug|micrograms?",
    "ng": r"ng|nanograms?",
    "mL": r"ml|mls|millilit(?:er|re)s?",
    "IU": r"iu|international units?",
    "units": r"units?",
    "mEq": r"meq",
    "mmol": r"mmol",
    "tablet": r"tablets?|tabs?",
    "capsule": r"capsules?|caps?",
    "puff": r"puffs?",
    "drop": r"drops?",
    "patch": r"patch(?:es)?",
    "spray": r"sprays?",
}
_COUNTED = ("tablet", "capsule", "puff", "drop", "patch", "spray")
_UNIT = "|".join(_UNITS.values())
_PER_BODY = r"(?:\s*/\s*(?:kg|m2))?"
_PER_DAY = r"(?:\s*(?:/|per)\s*(?:day|d|24\s?h))?"
_DOSE = (
    rf"(?<![\w.,/-])(?:(?P<count>[0-9]{{1,2}})\s*x\s*)?(?P<low>{_NUMBER})"
    rf"(?:\s*(?:{_UNIT})?\s*(?P<join>-|to|/)\s*(?P<high>{_NUMBER}))?"
    rf"(?P<more>(?:\s*/\s*{_NUMBER})*)"
    rf"\s*-?(?P<unit>{_UNIT})(?P<body>{_PER_BODY})(?P<day>{_PER_DAY})(?![\w/%])"
    rf"(?P<form>\s+(?:tablets?|tabs?|capsules?|caps?)\b(?!\s*[0-9]*\s*x))?"
)
# Patterns are text here: `re` compiles and keeps each on its first use, so that importing costs nothing.
#: Strength per volume, percentages and courses: read as such, told, and not taken for a dose.
_NOT_A_DOSE = (
    rf"(?<!\w){_NUMBER}\s*(?:{_UNIT})\s*(?:/|per|in)\s*(?:{_NUMBER})?\s*(?:ml|l|actuation|puff|dose|hr?|hour)\b"
    rf"|(?<!\w){_NUMBER}\s*%"
    r"|\b(?:max(?:imum)?|no more than|not more than|up to)\b[^|]*"
    rf"|\b(?:for|x|started|since)\s*{_NUMBER}\s*(?:days?|d|weeks?|wks?|months?|years?)\b(?: ago\b)?"
    r"|\b(?:since|from|started|in|until|stopped)\s+(?:19|20)[0-9]{2}\b(?![-/0-9])"
)
_TIMES_WORDS = {"once": 1, "one": 1, "twice": 2, "two": 2, "three": 3, "thrice": 3, "four": 4, "five": 5, "six": 6}
_COUNT = rf"(?:{'|'.join(_TIMES_WORDS)}|{_NUMBER})"
_TIMES = (
    rf"\b(?P<count>{_COUNT})(?:\s*(?:x|times?))?\s*(?:/|a|per|each|every|\s)\s*(?P<period>day|daily|d|week|weekly|night|nightly)\b"
    rf"|\bx\s*(?P<xcount>{_NUMBER})\s*(?:(?:times\s*)?(?:/|a|per)?\s*)(?P<xperiod>day|daily|week|weekly)\b"
    rf"|\b(?:q\s?|every\s+)(?P<hours>[0-9]{{1,2}})\s*(?:h|hr|hrs|hourly|hours?)\b"
    r"|\b(?P<other>q\.?o\.?d|every other day|every second day|(?:on )?alternate days)(?!\w)"
    r"|\b(?P<four>q\.?i\.?d|qds)(?!\w)|\b(?P<three>t\.?i\.?d|tds)(?!\w)|\b(?P<two>b\.?i\.?d|bd)(?!\w)"
    r"|\b(?P<week>weekly|every week|each week|q\s?week)\b"
    r"|\b(?P<one>q\.?d|o\.?d|o\.?n|o\.?m|daily|nightly|(?:every|each) (?:day|morning|evening|night)"
    r"|q\.?h\.?s|q\.?[ap]\.?m|at (?:bedtime|night)|nocte|mane|in the (?:morning|evening))(?!\w)"
)
#: An interval with two ends ("every 4 to 6 hours") has no single number of times a day.
_OPEN_INTERVAL = r"\b(?:q\s?|every\s+)[0-9]{1,2}\s*(?:-|to)\s*[0-9]{1,2}\s*(?:h|hr|hrs|hours?)\b"
_ROUTES = {
    "oral": r"p\.?o|orally|oral|by mouth",
    "intravenous": r"i\.?v|intravenous(?:ly)?",
    "intramuscular": r"i\.?m|intramuscular(?:ly)?",
    "subcutaneous": r"s\.?c|s\.?q|subcut|subcutaneous(?:ly)?",
    "sublingual": r"s\.?l|sublingual(?:ly)?",
    "rectal": r"p\.?r|rectal(?:ly)?",
    "topical": r"topical(?:ly)?",
    "inhaled": r"inhaled|by inhalation",
    "transdermal": r"transdermal(?:ly)?",
    "nasal": r"nasal(?:ly)?|intranasal(?:ly)?",
    "ophthalmic": r"ophthalmic|eye",
}
_ROUTE = "|".join(rf"\b(?P<{route}>{words})(?!\w)\.?" for route, words in _ROUTES.items())
_AS_NEEDED = r"\b(?:p\.?r\.?n|(?:as|when|if) (?:needed|required))(?!\w)\.?"
_MONTHS = {
    "january": 1,
    "february": 2,
    "march": 3,
    "april": 4,
    "may": 5,
    "june": 6,
    "july": 7,
    "august": 8,
    "september": 9,
    "october": 10,
    "november": 11,
    "december": 12,
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "sept": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))


def _day(prefix: str) -> str:
    """Pattern of a date as ``2024-03-01``, ``2024-03``, ``1 March 2024``, ``March 1, 2024`` or ``March 2024``."""
    numeric = rf"(?P<{prefix}y>(?:19|20)[0-9]{{2}})[-/](?P<{prefix}m>[0-9]{{1,2}})(?:[-/](?P<{prefix}d>[0-9]{{1,2}}))?"
    worded = (
        rf"(?:(?P<{prefix}d2>[0-9]{{1,2}})\s+)?(?P<{prefix}mn>{_MONTH})\.?(?:\s+(?P<{prefix}d3>[0-9]{{1,2}})(?:,|\b))?"
    )
    return rf"(?:{numeric}(?![\w/-])|{worded}\s*(?P<{prefix}y2>(?:19|20)[0-9]{{2}})\b)"


_STARTED = rf"\b(?:since|started|start(?:ing)?|from|begun)(?: on| in|:)?\s+{_day('a')}"
_STOPPED = (
    rf"\b(?:stopped|discontinued|ended)(?: on| in|:)?\s+{_day('b')}"
    r"|\b(?P<bare>stopped|discontinued)\b"
)
#: A date that neither starts nor stops a drug, with the word before it.
_OTHER_DATE = rf"\b(?:(?:until|till|stop|review|refill)\b(?: on)?\s+)?{_day('c')}"
_TOLERATED = (
    r"\b(?:tolerated|taking|taken|on it)(?: well)?(?: for)?(?: the (?:past|last))?\s+"
    rf"(?P<count>{_NUMBER})\s*(?P<unit>months?|years?)\b"
)
_BULLET = r"^\s*(?:[-*•·‣▪◦–—o>]\s+|[•·‣▪◦]|\(?[0-9]{1,3}[.)]\s+)+"
_LEADING = r"^(?:(?:takes?|taking|on|rx|med|medication|continues?|give|and|plus|also)\b[:\s]*)+"
#: The beginning of a line that is not about drugs taken: it is kept whole, so that no name in it becomes an order.
_NOT_TAKEN = (
    r"^(?:known )?(?:drug )?(?:allerg\w*|intoleran\w*|adverse\w*|adrs?|reactions?|avoid\w*|denies|previous\w*|past"
    r"|history|hx|stopped|discontinued|no longer|not)\b"
)
#: Words after which the rest of a line is about the drug and no longer its name.
_AFTER_NAME = r"\b(?:for|after|before|with|without|because|due|per|when|if|until|in|to|as|by|at)\b"
_GRAMMAR = (
    r"(?:for|after|before|with|without|because|due|per|when|if|until|in|to|as|by|at|and|or|then|plus|once|twice|three|four|"
    r"every|each|daily|nightly|weekly|monthly|since|started?|stopped|stop|discontinued|tolerated|taking|taken|take|takes|"
    r"prn|po|iv|im|sc|bid|tid|qid|qd|od|bd|tds|qds|qhs|mane|nocte|on|no|not|max|maximum|up|half|one|two|oral|orally)\b"
)


@dataclass
class _Reading:
    """What was read of one item so far; ``text`` has a bar where something was taken out."""

    text: str
    amounts: list[_Amount] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def take(self, pattern: str) -> list[re.Match[str]]:
        matches = list(re.finditer(pattern, self.text))
        self.text = re.sub(pattern, lambda match: "|" * len(match.group()), self.text)
        return matches


@dataclass(frozen=True)
class _Amount:
    low: Decimal
    high: Decimal | None
    parts: tuple[Decimal, ...]  # of "30/300 mg": one amount an ingredient
    unit: str
    is_per_day: bool
    is_strength: bool  # "20 mg tablets": what one of them holds
    written: str


def read_medications(
    text: str, drugs: Mapping[str, Drug], names: DrugNames | None = None
) -> tuple[MedicationOrder, ...]:
    """The orders of a medication list in free text: one an item, one an ingredient for combinations.

    Items are separated by line breaks and semicolons, and by commas where what follows reads as a new item. Never
    raises: an item that is not understood is an order without drug, with suggestions. ``names`` are those of ``drugs``,
    for who reads many texts.
    """
    names = names or DrugNames(drugs)
    orders: list[MedicationOrder] = []
    has_lines = len([line for line in text.splitlines() if line.strip()]) > 1
    item_number = 0
    for line_number, line in enumerate(text.splitlines(), start=1):
        for item in _items(line, names):
            item_number += 1
            orders += _read_item(item, names, line_number if has_lines else item_number)
    return tuple(orders)


def dose_text(order: MedicationOrder) -> str:
    """The dose of an order in words that ``read_medications`` reads back: ``75 mg 2 times daily oral as needed``."""
    words: list[str] = []
    if order.amount is not None:
        high = "" if order.amount_high is None else f"-{order.amount_high:f}"
        words.append(f"{order.amount:f}{high} {order.unit}".strip())
    if order.times_per_day is not None:
        words.append(_times_text(order.times_per_day))
    if order.route:
        words.append(order.route)
    if order.is_as_needed:
        words.append("as needed")
    return " ".join(words)


def _times_text(times: Decimal) -> str:
    if times == Decimal("0.5"):
        return "every other day"
    if times == times.to_integral_value():
        return "once daily" if times == 1 else f"{times:f} times daily"
    hours = (24 / times).to_integral_value() if times else Decimal(0)
    if 0 < hours < 100 and Decimal(24) / hours == times:
        return f"every {hours:f} hours"
    weekly = (times * 7).quantize(Decimal("0.000001")).normalize()
    if weekly / 7 == times:
        return "once weekly" if weekly == 1 else f"{weekly:f} times weekly"
    return f"{times:f} times daily"


def _items(line: str, names: DrugNames) -> Iterator[str]:
    heading = re.match(_NOT_TAKEN, normal_text(re.sub(_BULLET, "", line)))
    is_whole = heading is not None and ":" in line.split(";")[0]
    for part in [line] if is_whole else line.split(";"):
        pieces: list[str] = []
        if re.match(_NOT_TAKEN, normal_text(re.sub(_BULLET, "", part))):
            yield re.sub(_BULLET, "", part).strip()
            continue
        for piece in re.split(r"(?<![0-9]),|,(?![0-9])", part):
            if pieces and not _starts_item(piece, names):
                pieces[-1] += "," + piece
            else:
                pieces.append(piece)
        for piece in pieces:
            item = re.sub(_BULLET, "", piece).strip()
            if any(character.isalnum() for character in item):
                yield item


def _starts_item(piece: str, names: DrugNames) -> bool:
    """After a comma: a word that is neither grammar nor a dose form begins a new item."""
    text = re.sub(r"^(?:and|plus|also)\s+", "", normal_text(piece).lstrip(" ("))
    if re.match(_GRAMMAR, text) or text.split(" ")[0].strip(".:") in FORM_WORDS:
        return False
    word = re.match(r"[0-9]*-?[^\W\d_]", text)
    if word is None:
        return False
    return text[0].isalpha() or isinstance(names.find(_leading_words(text)), DrugMatch)


def _leading_words(text: str) -> str:
    return re.split(r"\s+[0-9]", text, maxsplit=1)[0]


def _read_item(written: str, names: DrugNames, line: int) -> list[MedicationOrder]:
    text = re.sub(rf"(?<=[a-z]{{4}})(?={_NUMBER}\s?(?:mg|mcg|g|ml)\b)", " ", normal_text(written))  # "codeine30mg"
    text = _without_second_name(text, names)
    reading = _Reading(re.sub(_LEADING, "", re.sub(r"[()\[\]]", " ", text).strip()))
    started = _first_date(reading.take(_STARTED), "a", is_end=False, unread=reading.unread)
    stops = reading.take(_STOPPED)
    stopped = _first_date([m for m in stops if not m["bare"]], "b", is_end=True, unread=reading.unread)
    is_stopped = bool(stops)
    reading.unread += [m.group() for m in reading.take(_OTHER_DATE)]
    tolerated = reading.take(_TOLERATED)
    months = _months(tolerated[0]) if tolerated else None
    reading.unread += [m.group() for m in reading.take(_NOT_A_DOSE)]
    open_intervals = [m.group() for m in reading.take(_OPEN_INTERVAL)]
    reading.amounts = [_amount(match) for match in reading.take(_DOSE)]
    times = reading.take(_TIMES)
    is_as_needed = bool(reading.take(_AS_NEEDED))  # before the routes: "p.r.n." begins with "p.r."
    routes = reading.take(_ROUTE)
    found, rest = _name(reading.text, names)

    parts = len(found.drugs) if isinstance(found, DrugMatch) else 1
    has_stray_number = any(re.search(r"[0-9]", text) for text in rest)
    dose = _dose(reading.amounts, [_times_per_day(match) for match in times], parts)
    if has_stray_number or dose is None:
        dose = _Dose((None,) * parts, None, "", None)
        reading.unread += [amount.written for amount in reading.amounts] + [match.group() for match in times]
    elif open_intervals and dose.times is not None:
        dose = _Dose(dose.amounts, dose.high, dose.unit, None)
    route_names = {next(name for name, text in match.groupdict().items() if text) for match in routes}
    if len(route_names) > 1:
        reading.unread += [match.group() for match in routes]
    order = MedicationOrder(
        written=written,
        times_per_day=dose.times,
        unit=dose.unit,
        amount_high=dose.high,
        route=next(iter(route_names)) if len(route_names) == 1 else "",
        is_as_needed=is_as_needed,
        started=started,
        stopped=stopped,
        is_stopped=is_stopped,
        tolerated_months=months,
        unread="; ".join(
            text.strip(" ,.:-") for text in (*rest, *open_intervals, *reading.unread) if text.strip(" ,.:-")
        ),
        line=line,
    )
    return _orders(order, found, dose.amounts)


def _without_second_name(text: str, names: DrugNames) -> str:
    """``lipitor (atorvastatin) 20 mg`` without the bracket, where both names are the same drug."""
    bracket = re.search(r"\(([^()]*)\)", text)
    if bracket is None:
        return text
    before, inside = names.find(_leading_words(text[: bracket.start()])), names.find(bracket[1])
    if isinstance(before, DrugMatch) and isinstance(inside, DrugMatch) and before.drugs == inside.drugs:
        return f"{text[: bracket.start()]} {text[bracket.end() :]}"
    return text


def _orders(
    order: MedicationOrder, found: DrugMatch | DrugSuggestions, amounts: tuple[Decimal | None, ...]
) -> list[MedicationOrder]:
    if isinstance(found, DrugSuggestions):
        return [replace(order, amount=amounts[0], suggestions=found.suggestions)]
    return [
        replace(order, drug=drug.name, rxcui=drug.rxcui, matched_as=found.matched_as, amount=amount)
        for drug, amount in zip(found.drugs, amounts, strict=True)
    ]


def _name(text: str, names: DrugNames) -> tuple[DrugMatch | DrugSuggestions, list[str]]:
    """The drug of the first words that nothing else took, and the words left over."""
    chunks = [chunk.strip(" ,.:-/") for chunk in text.split("|")]
    chunks = [chunk for chunk in chunks if chunk and not FORM_WORDS.issuperset(re.split(r"[\s,]+", chunk))]
    if not chunks:
        return DrugSuggestions(""), []
    found = names.find(chunks[0])
    if isinstance(found, DrugMatch):
        return _with_second(found, chunks[1:], names)
    for cut in re.finditer(_AFTER_NAME, chunks[0]):
        shorter = names.find(chunks[0][: cut.start()])
        if isinstance(shorter, DrugMatch):
            return _with_second(shorter, [chunks[0][cut.start() :], *chunks[1:]], names)
    numbered = re.match(r"(.*?)\s+([0-9][0-9.,/-]*)$", chunks[0])
    if numbered:
        shorter = names.find(numbered[1])
        if isinstance(shorter, DrugMatch):
            return shorter, [numbered[2], *chunks[1:]]
    head, comma, tail = chunks[0].partition(",")
    shorter = names.find(head)
    if comma and isinstance(shorter, DrugMatch):
        return shorter, [tail, *chunks[1:]]
    return found, chunks[1:]


def _with_second(found: DrugMatch, rest: list[str], names: DrugNames) -> tuple[DrugMatch, list[str]]:
    """``found`` with the drug that "with" joins to it: in "tylenol with codeine #3" the codeine must not get lost."""
    for place, words in enumerate(rest):
        joined = re.match(r"(?:with|and|plus)\s+([^#0-9]*)(.*)", words)
        second = names.find(joined[1]) if joined is not None and joined[1].strip() else None
        if joined is not None and isinstance(second, DrugMatch):
            drugs = tuple(dict.fromkeys((*found.drugs, *second.drugs)))
            left = [text for text in (joined[2].strip(),) if text]
            return DrugMatch(found.written, drugs, "combination"), [*rest[:place], *left, *rest[place + 1 :]]
    return found, rest


@dataclass(frozen=True)
class _Dose:
    amounts: tuple[Decimal | None, ...]  # one an ingredient
    high: Decimal | None
    unit: str
    times: Decimal | None


def _dose(amounts: list[_Amount], times: list[Decimal], ingredients: int) -> _Dose | None:
    """One dose out of every amount and time that was found; None where they do not say one thing."""
    nothing: tuple[Decimal | None, ...] = (None,) * ingredients
    if len(set(times)) > 1:
        return None
    per_day = times[0] if times else None
    masses = [amount for amount in amounts if amount.unit not in _COUNTED]
    counts = [amount for amount in amounts if amount.unit in _COUNTED]
    if len({(a.low, a.high, a.parts, a.unit) for a in masses}) > 1 or len({(c.low, c.high) for c in counts}) > 1:
        return None
    if any(amount.low == 0 for amount in amounts):
        return None
    if not masses:
        if not counts:
            return _Dose(nothing, None, "", per_day)
        return _Dose((counts[0].low,) * ingredients, counts[0].high, counts[0].unit, per_day)
    mass = masses[0]
    if mass.is_per_day:
        if per_day not in (None, Decimal(1)):
            return None
        per_day = Decimal(1)
    factor = Decimal(1)
    if counts:
        # "20 mg tablets, 2 tablets": each holds 20 mg. "20 mg 2 tablets" can mean 20 or 40 mg, and is left open.
        if counts[0].high is not None or not (mass.is_strength or counts[0].low == 1):
            return None
        factor = counts[0].low
    if ingredients == 2 and mass.high is not None:
        mass = replace(mass, high=None, parts=(mass.low, mass.high))  # "5-325 mg" of two ingredients
    if mass.parts:
        if len(mass.parts) != ingredients:
            return None
        return _Dose(tuple(part * factor for part in mass.parts), None, mass.unit, per_day)
    if ingredients > 1:
        return None  # which ingredient the amount belongs to is not said
    high = None if mass.high is None else mass.high * factor
    return _Dose((mass.low * factor,), high, mass.unit, per_day)


def _amount(match: re.Match[str]) -> _Amount:
    unit = next(name for name, pattern in _UNITS.items() if re.fullmatch(pattern, match["unit"]))
    scale = Decimal(1000) if unit == "g" else Decimal(1)
    scale *= Decimal(match["count"] or 1)
    unit = "mg" if unit == "g" else unit
    low = _decimal(match["low"]) * scale
    high = None if match["high"] is None else _decimal(match["high"]) * scale
    parts: tuple[Decimal, ...] = ()
    if match["join"] == "/" and high is not None and unit in _COUNTED and not match["more"]:
        low, high = (low / high if high else Decimal(0)), None  # "1/2 tab"
    elif match["join"] == "/" and high is not None:
        more = [_decimal(text) * scale for text in re.findall(_NUMBER, match["more"])]
        parts, high = (low, high, *more), None
    elif high is not None and high <= low:
        parts, high = (low, high), None  # "800-160 mg": strengths of a combination, not a range
    return _Amount(
        low=low,
        high=high,
        parts=parts,
        unit=unit + match["body"].replace(" ", ""),
        is_per_day=bool(match["day"]),
        is_strength=bool(match["form"]),
        written=match.group().strip(),
    )


def _times_per_day(match: re.Match[str]) -> Decimal:
    count, period = match["count"] or match["xcount"], match["period"] or match["xperiod"]
    if count:
        number = Decimal(_TIMES_WORDS[count]) if count in _TIMES_WORDS else _decimal(count)
        return number / 7 if period.startswith("week") else number
    if match["hours"]:
        hours = int(match["hours"])
        return Decimal(24) / hours if hours else Decimal(0)
    fixed = {"one": "1", "two": "2", "three": "3", "four": "4", "other": "0.5"}
    for group, number_text in fixed.items():
        if match[group]:
            return Decimal(number_text)
    return Decimal(1) / 7


def _decimal(text: str) -> Decimal:
    """``1,000`` is a thousand; ``0,5`` and ``2,5`` have a decimal comma."""
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?", text):
        return Decimal(text.replace(",", ""))
    return Decimal(text.replace(",", "."))


def _months(match: re.Match[str]) -> int:
    count = _decimal(match["count"])
    return int(count * 12) if match["unit"].startswith("year") else int(count)


def _first_date(matches: list[re.Match[str]], prefix: str, *, is_end: bool, unread: list[str]) -> date | None:
    for match in matches:
        year = int(match[f"{prefix}y"] or match[f"{prefix}y2"])
        month = int(match[f"{prefix}m"]) if match[f"{prefix}m"] else _MONTHS[match[f"{prefix}mn"]]
        day = match[f"{prefix}d"] or match[f"{prefix}d2"] or match[f"{prefix}d3"]
        try:
            if is_end and not day:
                return date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
            return date(year, month, int(day or 1))
        except ValueError:
            unread.append(match.group())
    return None
