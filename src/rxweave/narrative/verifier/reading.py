"""From a sentence to its items: every token is read by the lexicon or is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon
from rxweave.narrative.verifier.phrases import TOKEN, Meaning, PhraseTable
from rxweave.narrative.verifier.quantities import QuantityReader
from rxweave.narrative.verifier.text import normalised

_BRACKETS = frozenset("()[]")


class Reader:
    """Reads sentences over one lexicon; ``literals`` are names of this case's results (diplotypes, long phenotypes)."""

    def __init__(self, lexicon: Lexicon, literals: Mapping[str, Meaning] | None = None) -> None:
        self._lexicon = lexicon
        self._quantities = QuantityReader(lexicon)
        self._literals = PhraseTable(lexicon.stems, frozenset("(),-"))
        for phrase, meaning in (literals or {}).items():
            self._literals.add(phrase, meaning)
        self._contractions = lexicon.around["contracted_not"]
        self._not = next(iter(sorted(lexicon.around["not"])))
        self._dropped = lexicon.around["dropped"]
        self._possessive = lexicon.around["possessive"]
        self._split = lexicon.around["split_adjective"]
        self._split_nouns = lexicon.around["split_noun"]

    def read(self, text: str) -> list[Item]:
        """Items in order. ``Item.place`` counts tokens, so that near and far can be told."""
        words, kinds = self._tokens(text)
        items: list[Item] = []
        place = 0
        while place < len(words):
            taken, found = self._at(words, kinds, place)
            items.extend(found)
            place += taken
        return self._joined(items)

    def _tokens(self, text: str) -> tuple[list[str], list[str]]:
        text = normalised(text)
        if self._lexicon.decimal != ".":
            text = re.sub(rf"(?<=\d){re.escape(self._lexicon.decimal)}(?=\d)", ".", text)
        for abbreviation in self._dropped:
            text = text.replace(abbreviation, " ")
        for ending in self._possessive:
            text = text.replace(ending, " ")
        for ending in self._contractions:
            if ending in text:
                text = text.replace(ending, f" {self._not}")
        words: list[str] = []
        kinds: list[str] = []
        for found in TOKEN.finditer(text):
            word, kind = found.group(), found.lastgroup or "sign"
            if word == "'" or (word == "-" and not self._is_range(text, found.start(), found.end())):
                continue
            words.append(word)
            kinds.append(kind)
        for place in range(
            len(words) - 2
        ):  # "poor CYP2D6 metabolizer" is read as "CYP2D6 poor metabolizer", and so is "first codeine dose"
            if words[place] in self._split and words[place + 2] in self._split_nouns:
                between = self._lexicon.table.longest(words, place + 1)
                if between is not None and between[1][0][0] in (Kind.GENE, Kind.DRUG):
                    words[place], words[place + 1] = words[place + 1], words[place]
        return words, kinds

    @staticmethod
    def _is_range(text: str, start: int, end: int) -> bool:
        if text[:start].endswith(" ") and not text[end:].startswith(" "):
            return False  # a minus
        before, after = text[:start].rstrip(), text[end:].lstrip()
        return bool(after) and after[0].isdigit() and bool(before) and (before[-1].isdigit() or before[-1] in "%g")

    def _at(self, words: Sequence[str], kinds: Sequence[str], place: int) -> tuple[int, list[Item]]:
        literal = self._literals.longest(words, place)
        phrase = self._lexicon.table.longest(words, place)
        if literal is not None and (phrase is None or literal[0] >= phrase[0]):
            phrase = literal
        quantity = self._quantities.read(words, kinds, place)
        if quantity is not None and (phrase is None or quantity[0] >= phrase[0]):
            return quantity[0], [quantity[1]]
        if phrase is not None:
            taken, meaning = phrase
            inside = words[place : place + taken]
            if inside.count("(") > inside.count(")") and words[place + taken : place + taken + 1] == [")"]:
                taken += 1  # the bracket that a name of a result opened
            text = " ".join(words[place : place + taken])
            return taken, [_item(kind, code, text, place) for kind, code in meaning]
        word, kind = words[place], kinds[place]
        if word in _BRACKETS:
            return 1, [Item(Kind.JOIN, "bracket", word, place)]
        if kind == "allele":
            return self._alleles(words, kinds, place)
        if kind == "number":
            return 1, [Item(Kind.QUANTITY, "", word, place, (word, word))]
        if kind == "word":
            stem = self._lexicon.stems.of(word)
            if stem in self._lexicon.own:
                return 1, [Item(Kind.CONCEPT, "w:" + stem, word, place)]
        return 1, [Item(Kind.UNKNOWN, word, word, place)]

    @staticmethod
    def _alleles(words: Sequence[str], kinds: Sequence[str], place: int) -> tuple[int, list[Item]]:
        if place + 2 < len(words) and words[place + 1] == "/" and kinds[place + 2] == "allele":
            pair = tuple(sorted((words[place], words[place + 2])))
            return 3, [Item(Kind.DIPLOTYPE, "/".join(pair), "".join(words[place : place + 3]), place)]
        return 1, [Item(Kind.ALLELE, words[place], words[place], place)]

    def _joined(self, items: list[Item]) -> list[Item]:
        """Comparisons join the quantity that they stand beside; alone they are directions."""
        joined: list[Item] = []
        for item in items:
            before = joined[-1] if joined else None
            if item.kind is Kind.QUANTITY and before is not None and before.kind is Kind.COMPARISON:
                joined.pop()
                unit = item.code
                if before.code.endswith("_years"):
                    unit = unit or "year"
                code = before.code.partition("_")[0]
                joined.append(
                    Item(Kind.QUANTITY, unit, f"{before.text} {item.text}", before.place, (*item.value, code))
                )
            elif item.kind is Kind.COMPARISON and item.code.startswith("after_"):
                if before is not None and before.kind is Kind.QUANTITY and len(before.value) == 2:
                    code = item.code.removeprefix("after_").partition("_")[0]
                    unit = before.code or ("year" if item.code.endswith("_years") else "")
                    joined[-1] = Item(
                        Kind.QUANTITY, unit, f"{before.text} {item.text}", before.place, (*before.value, code)
                    )
                else:
                    joined.append(Item(Kind.CONCEPT, item.code, item.text, item.place))
            else:
                joined.append(item)
        for place, item in enumerate(joined):
            if item.kind is Kind.COMPARISON and item.code.endswith("_weak"):
                joined[place] = Item(Kind.LINK, "from_", item.text, item.place)
            elif item.kind is Kind.COMPARISON and item.code.endswith("_agent"):
                joined[place] = Item(Kind.MARKER, "agent", item.text, item.place)
            elif item.kind is Kind.COMPARISON and item.code.endswith("_replaced"):
                joined[place] = Item(Kind.MARKER, "replaced", item.text, item.place)
            elif item.kind is Kind.COMPARISON:
                code = "up" if item.code.startswith("g") else "down"
                joined[place] = Item(Kind.DIRECTION, code, item.text, item.place)
        return joined


def _item(kind: Kind, code: str, text: str, place: int) -> Item:
    """``%=50`` is the quantity in a word such as "halve"."""
    if kind is not Kind.QUANTITY:
        return Item(kind, code, text, place)
    unit, _, number = code.partition("=")
    return Item(kind, unit, text, place, (number, number))
