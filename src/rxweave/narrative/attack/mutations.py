"""Realistic errors in one sentence: each function gives the texts that are untrue in one way, none where it cannot.

A text that might still be true is not given: a name is put for another only if no fact names it, a number only if no
fact can be said with it, a drug for another only if what is cited does not hold for both.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from itertools import pairwise

from rxweave.narrative.attack.scene import NUMBER, STATED_OF_A_DRUG, Scene, pair_swaps, put, renamed, swapped, word
from rxweave.narrative.attack.wordings import Pattern
from rxweave.narrative.facts import Fact, FactKind
from rxweave.narrative.narrative import Sentence

Mutation = Callable[[Scene, Sentence, random.Random], Iterable[str]]

_MOST_NUMBER = Decimal(1900)  # what is larger is a year or a PMID
_ALLELE = re.compile(r"\*\d+[A-Z]?(?::\d+)?\b")
_PMID = re.compile(r"(?<=PMID[ :])\s?\d{6,9}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_HIDDEN = ("\u200b", "\u200d", "\u202e", "\u2066", "\u00ad", "\ufeff", "\U000e0041")
_LOOKALIKES = {"a": "\u0430", "e": "\u0435", "o": "\u043e", "c": "\u0441", "p": "\u0440", "i": "\u0456"}
_SHARE_ALIKE = 0.5  # of wrong drugs: those that begin like the right one


def dose_digit(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if any(f.kind is FactKind.DOSE for f in scene.facts_of(sentence)):
        yield from _wrong_numbers(scene, sentence.text)


def number(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if not any(f.kind is FactKind.DOSE for f in scene.facts_of(sentence)):
        yield from _wrong_numbers(scene, sentence.text)


def _wrong_numbers(scene: Scene, text: str) -> Iterator[str]:
    for match in NUMBER.finditer(text):
        value = Decimal(match.group())
        if value < _MOST_NUMBER:
            for wrong in _near(match.group()):
                if Decimal(wrong).normalize() not in scene.numbers and Decimal(wrong) != value:
                    yield put(text, match, wrong)


def _near(digits: str) -> Iterator[str]:
    """What a slip makes of a number: a point moved, two digits swapped, one digit another."""
    value = Decimal(digits)
    yield f"{value * 10:f}"
    yield f"{(value / 10).normalize():f}"
    if digits.isdigit() and len(digits) > 1 and digits[-1] != "0":
        yield digits[:-2] + digits[-1] + digits[-2]
    yield f"{value + 10:f}" if value >= 10 else f"{value + 3:f}"


def rounding(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    for match in NUMBER.finditer(sentence.text):
        value = Decimal(match.group())
        if 10 < value < _MOST_NUMBER:
            coarse = Decimal(f"{value:.0e}")
            if coarse.normalize() not in scene.numbers:
                yield put(sentence.text, match, f"about {coarse:f}")
                yield put(sentence.text, match, f"{coarse:f}")


def unit(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    for right, wrong in scene.words.errors["units"]:
        for match in re.finditer(rf"(?<=\d)([ -]?){re.escape(right)}(?![\w/])", sentence.text):
            yield put(sentence.text, match, match.group(1) + wrong)


def drug(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """A drug that the case knows nothing of, often one that begins alike."""
    others = [name for name in sorted(scene.knowledge.guidelines) if name.isalpha() and name not in scene.said]
    for name in scene.drugs_in(sentence.text):
        alike = [other for other in others if other[:1] == name[:1]]
        wrong = draw.choice(alike if alike and draw.random() < _SHARE_ALIKE else others)
        yield renamed(sentence.text, scene.name(name), scene.name(wrong))


def gene(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    symbols = sorted(scene.knowledge.genes)
    others = [symbol for symbol in symbols if symbol.casefold() not in scene.said]
    for symbol in symbols:
        if others and (match := word(symbol).search(sentence.text)):
            yield put(sentence.text, match, draw.choice(others))


def allele(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    for match in _ALLELE.finditer(sentence.text):
        for fact in scene.facts_of(sentence):
            if fact.kind is FactKind.FINDING and match.group() in fact.id + "".join(fact.values.values()):
                others = [name for name in _star_alleles(scene, fact.gene, match.group()) if name not in scene.said]
                if others:
                    yield put(sentence.text, match, draw.choice(others))


def _star_alleles(scene: Scene, symbol: str, like: str) -> list[str]:
    known = scene.knowledge.genes.get(symbol)
    names = [*(a.name for a in known.alleles), *known.calling.tested_alleles] if known else []
    return [name for name in names if _ALLELE.fullmatch(name) and (":" in name) == (":" in like)]


def phenotype(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    cited = [f for f in scene.facts_of(sentence) if f.kind in (FactKind.FINDING, FactKind.CONVERSION)]
    genes = {f.gene for f in cited}
    stated = " ".join(scene.name(v) for f in cited for v in f.values.values()).casefold()
    of_genes = [f for f in scene.sheet.facts if f.gene in genes]
    known = " ".join(scene.name(v) for f in of_genes for v in f.values.values()).casefold()
    for group in scene.words.errors["phenotypes"]:
        for right in group:
            match = word(right).search(sentence.text) if right in stated else None
            if match:
                yield from (put(sentence.text, match, wrong) for wrong in group if wrong not in known)


def negation_dropped(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    return _by(scene.words.errors["negation_dropped"], sentence.text)


def negation_added(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    return _by(scene.words.errors["negation_added"], sentence.text)


def direction(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    yield from pair_swaps(sentence.text, scene.words.errors["directions"])


def strength(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    return _by(scene.words.errors["strengths"], sentence.text)


def reason(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if any(f.kind is FactKind.ACTION for f in scene.facts_of(sentence)):
        yield from _by(scene.words.errors["reasons"], sentence.text)


def amount(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """An amount or a degree in words."""
    yield from pair_swaps(sentence.text, scene.words.errors["amounts"])


def harm(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """Another harm than the one that a fact names."""
    for fact in scene.facts_of(sentence):
        if fact.kind is FactKind.RISK:
            match = word(scene.terms.word("risk", fact.code)).search(sentence.text)
            if match:
                wrong = draw.choice(scene.words.errors["harms"])
                yield sentence.text[: match.start()] + wrong + sentence.text[match.end() :]


def action(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """Not where a source offers two actions: the other one would be true."""
    cited = [f.drug for f in scene.facts_of(sentence) if f.kind is FactKind.ACTION]
    if cited and not any(f.drug in cited for f in scene.sheet.of(FactKind.CHOICE, scope=None)):
        yield from _by(scene.words.errors["actions"], sentence.text)


def condition_dropped(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """Only where what is cited holds under a condition alone."""
    kinds = (FactKind.ACTION, FactKind.DOSE, FactKind.ALTERNATIVE, FactKind.MONITORING)
    cited = [f for f in scene.facts_of(sentence) if f.kind in kinds]
    if cited and all(f.scope and not _holds_anyway(scene, f) for f in cited):
        yield from _by(scene.words.errors["conditions"], sentence.text)


def _holds_anyway(scene: Scene, fact: Fact) -> bool:
    return any(f.code == fact.code and f.values == fact.values for f in scene.sheet.of(fact.kind, drug=fact.drug))


def population(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    text = sentence.text.casefold()
    for first, second in scene.words.errors["populations"]:
        if (first in text) is not (second in text):
            yield from pair_swaps(sentence.text, ((first, second),))


def binding(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """What holds for one drug or gene of the case, said of another."""
    cited = [f for f in scene.facts_of(sentence) if f.kind in STATED_OF_A_DRUG]
    named = scene.drugs_in(sentence.text)
    for name in named:
        own = [f for f in cited if f.drug == name]
        for other in scene.sheet.drugs:
            if own and other != name and not any(scene.is_true_of(f, other) for f in own):
                if other not in named:
                    yield renamed(sentence.text, scene.name(name), scene.name(other))
                elif not _are_listed(scene, sentence.text, scene.name(name), scene.name(other), map(scene.name, named)):
                    yield swapped(sentence.text, scene.name(name), scene.name(other))
    yield from _swapped_genes(scene, cited, sentence.text)


def _swapped_genes(scene: Scene, cited: list[Fact], text: str) -> Iterator[str]:
    results = {
        f.gene: tuple(f.values.items()) for f in cited if f.kind is FactKind.FINDING and word(f.gene).search(text)
    }
    symbols = sorted(results)
    for place, first in enumerate(symbols):
        for second in symbols[place + 1 :]:
            if results[first] != results[second] and not _are_listed(scene, text, first, second, symbols):
                yield swapped(text, first, second)


def _are_listed(scene: Scene, text: str, first: str, second: str, listed: Iterable[str]) -> bool:
    """Whether the two stand in one list, with nothing between them but others of it: swapping them says the same."""
    places = sorted((m.start(), m.end()) for name in (first, second) for m in word(name).finditer(text))
    names = "|".join(re.escape(name) for name in (*listed, *scene.words.errors["joins"]))
    only_joined = re.compile(rf"(?:{names}|[\s,;])*", re.IGNORECASE)
    return all(only_joined.fullmatch(text[a[1] : b[0]]) for a, b in pairwise(places))


def of_less(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """ "75% of" for "75% less": no error at a half, nor in a range around it."""
    if not any(f.kind is FactKind.DOSE for f in scene.facts_of(sentence)):
        return
    for pattern in scene.words.errors["of_less"]:
        for match in pattern.find.finditer(sentence.text):
            shares = [Decimal(n) for n in re.findall(r"\d+(?:\.\d+)?", match.group())]
            if not shares or shares[0] + shares[-1] != 100:
                yield sentence.text[: match.start()] + match.expand(pattern.put) + sentence.text[match.end() :]


def phase(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """Not where the other phase has the same dose; what is as usual is so in every phase."""
    doses = [f for f in scene.facts_of(sentence) if f.kind is FactKind.DOSE]
    if len(doses) != 1 or doses[0].values.get("direction") == "usual":
        return
    if not any(
        f.code != doses[0].code and f.values == doses[0].values for f in scene.sheet.of(FactKind.DOSE, scope=None)
    ):
        for first, second in scene.words.errors["phases"]:
            if not (word(first).search(sentence.text) and word(second).search(sentence.text)):
                yield from pair_swaps(sentence.text, ((first, second),))


def alternative(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """One that was set aside for one that fits, and the other way round."""
    for cited in scene.facts_of(sentence):
        if cited.kind in (FactKind.ALTERNATIVE, FactKind.SET_ASIDE, FactKind.NOT_ALTERNATIVE):
            names = {f.code for f in scene.sheet.of(*_OPPOSITE[cited.kind], drug=cited.drug, scope=None)}
            for name in sorted(names & set(scene.knowledge.drugs)):
                match = word(scene.name(cited.code)).search(sentence.text)
                if match and not word(scene.name(name)).search(sentence.text):
                    yield put(sentence.text, match, scene.name(name))


_OPPOSITE = {
    FactKind.ALTERNATIVE: (FactKind.SET_ASIDE, FactKind.NOT_ALTERNATIVE),
    FactKind.SET_ASIDE: (FactKind.ALTERNATIVE,),
    FactKind.NOT_ALTERNATIVE: (FactKind.ALTERNATIVE,),
}


def citation(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    """Another PMID, year or source."""
    text = sentence.text
    for match in _PMID.finditer(text):
        digits = match.group().strip()
        yield put(text, match, match.group().replace(digits, f"{int(digits) + draw.randint(1, 9999)}"))
    for match in _YEAR.finditer(text):
        wrong = str(int(match.group()) - draw.randint(1, 9))
        if wrong not in scene.said:
            yield put(text, match, wrong)
    for right in scene.words.errors["sources"]:
        for match in word(right).finditer(text):
            yield from (put(text, match, w) for w in scene.words.errors["sources"] if w.casefold() not in scene.said)


def invented_source(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if sentence.text.endswith("."):
        yield sentence.text[:-1] + draw.choice(scene.words.errors["invented_sources"]) + "."


def frequency(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if _cites(scene, sentence, FactKind.RISK, FactKind.IMPLICATION) and sentence.text.endswith("."):
        yield sentence.text[:-1] + draw.choice(scene.words.errors["frequencies"]) + "."


def comparison(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if _cites(scene, sentence, FactKind.RISK, FactKind.IMPLICATION, FactKind.ALTERNATIVE) and sentence.text.endswith(
        "."
    ):
        yield sentence.text[:-1] + draw.choice(scene.words.errors["comparing_ends"]) + "."


def reassurance(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    if _cites(scene, sentence, FactKind.RISK, FactKind.IMPLICATION) and sentence.text.endswith("."):
        yield sentence.text[:-1] + draw.choice(scene.words.errors["reassuring_ends"]) + "."


def injection(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    names = scene.drugs_in(sentence.text) or scene.sheet.drugs
    text = draw.choice(scene.words.errors["injections"]).replace("{drug}", scene.name(names[0]))
    yield f"{sentence.text} {text}"
    yield f"{text} {sentence.text}"


def hidden(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    place = draw.randrange(1, len(sentence.text))
    yield sentence.text[:place] + draw.choice(_HIDDEN) + sentence.text[place:]
    places = [i for i, letter in enumerate(sentence.text) if letter in _LOOKALIKES]
    if places:
        place = draw.choice(places)
        yield sentence.text[:place] + _LOOKALIKES[sentence.text[place]] + sentence.text[place + 1 :]


def markup(scene: Scene, sentence: Sentence, draw: random.Random) -> Iterator[str]:
    yield draw.choice(scene.words.errors["markups"]).replace("{text}", sentence.text)


def _cites(scene: Scene, sentence: Sentence, *kinds: FactKind) -> bool:
    return any(f.kind in kinds for f in scene.facts_of(sentence))


def _by(patterns: Iterable[Pattern], text: str) -> Iterator[str]:
    for pattern in patterns:
        yield from pattern.applied(text)


MUTATIONS: dict[str, Mutation] = {
    f.__name__: f
    for f in (
        dose_digit, number, rounding, unit, drug, gene, allele, phenotype, negation_dropped, negation_added, direction,
        strength, reason, amount, harm, action, condition_dropped, population, binding, of_less, phase, alternative,
        citation, invented_source, frequency, comparison, reassurance, injection, hidden, markup,
    )
}  # fmt: skip
