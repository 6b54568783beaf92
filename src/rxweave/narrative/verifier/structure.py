"""How the items of one sentence belong together: clauses, negations, firmness, and which drug and gene is spoken of.

Words that belong together are found by nearness: a negation or an action reaches the next thing it can be said of where
only small words stand between, else it speaks of the last one named.
"""

from __future__ import annotations

from collections.abc import Sequence

from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon

_REACHED_THROUGH = frozenset({Kind.LINK, Kind.DEGREE, Kind.PRONOUN, Kind.CERTAINTY})
_SAID = frozenset(
    {
        Kind.CONCEPT,
        Kind.TOPIC,
        Kind.DIRECTION,
        Kind.PHENOTYPE,
        Kind.ACTION,
        Kind.USE,
        Kind.DRUG,
        Kind.QUANTITY,
        Kind.MARKER,
        Kind.ALLELE,
        Kind.DIPLOTYPE,
        Kind.PHASE,
    }
)
_OF_GENES = frozenset({Kind.GENE, Kind.PHENOTYPE, Kind.DIPLOTYPE, Kind.ALLELE})  # one result for every drug
_RESULTS = frozenset({Kind.PHENOTYPE, Kind.DIPLOTYPE, Kind.ALLELE, Kind.QUANTITY})
_BETWEEN_DRUG_AND_VERB = frozenset(
    {Kind.DRUG, Kind.JOIN, Kind.LINK, Kind.NEUTRAL, Kind.MODAL, Kind.NEGATION, Kind.CERTAINTY}
)
_BOUNDS = frozenset({"bracket", "colon"})  # a negation does not reach beyond
_SAYING_NOTHING = frozenset({Kind.NEUTRAL})


class Structure:
    """The items of one sentence and what binds them. ``subjects`` are the drugs that its facts speak of."""

    def __init__(self, items: Sequence[Item], lexicon: Lexicon, subjects: frozenset[str] = frozenset()) -> None:
        self._harms = lexicon.harms
        self._around = lexicon.around
        self._items = _brackets_joined(items)
        self._subjects = subjects
        self._clause, self._part = self._clauses()
        self._negated = self._negations()
        self._degree = self._attached(Kind.DEGREE, frozenset({Kind.DIRECTION, Kind.CONCEPT, Kind.TOPIC}))
        self._modal = self._modals()
        self._reading = self._attached(Kind.READING, frozenset({Kind.PHENOTYPE}))
        self._roles = self._drug_roles()
        self._subject_places = [p for p in range(len(self._items)) if self._is_subject(p)]
        self._parts_with_subject = frozenset(self._part[p] for p in self._subject_places)
        self.unbound = tuple(items[place].text for place in sorted(self._loose))

    @property
    def has_pronoun(self) -> bool:
        return any(i.kind is Kind.PRONOUN for i in self._items)

    @property
    def certainty(self) -> frozenset[int]:
        """Clauses that say perhaps or probably."""
        return frozenset(
            self._clause[p]
            for p, i in enumerate(self._items)
            if i.kind is Kind.CERTAINTY or (i.kind is Kind.MODAL and i.code == "consider")
        )

    def contrasts(self) -> frozenset[int]:
        """Clauses that begin with a word that ends what held before (otherwise, but)."""
        return frozenset(
            self._clause[p] for p, i in enumerate(self._items) if i.kind is Kind.CLAUSE and i.code == "contrast"
        )

    def _clauses(self) -> tuple[list[int], list[int]]:
        """The number of each item's clause and of its part: ", and" begins another part of a clause."""
        clause, part = 0, 0
        clauses, parts = [], []
        for item in self._items:
            clause += item.kind is Kind.CLAUSE
            part += item.kind is Kind.CLAUSE or (item.kind is Kind.JOIN and item.text.startswith(", "))
            clauses.append(clause)
            parts.append(part)
        return clauses, parts

    def _following(self, place: int, kinds: frozenset[Kind], through: frozenset[Kind]) -> int | None:
        """The next item of ``kinds`` that only items of ``through`` separate from ``place``."""
        for other in range(place + 1, len(self._items)):
            kind = self._items[other].kind
            if kind in kinds:
                return other
            if kind not in through:
                return None
        return None

    def _next(self, place: int, kinds: frozenset[Kind], *, is_bracketed: bool = False) -> int | None:
        """The next item of ``kinds`` in the clause; ``is_bracketed``: not beyond a bracket."""
        clause = self._clause[place]
        for other in range(place + 1, len(self._items)):
            if self._clause[other] != clause or (is_bracketed and self._items[other].code in _BOUNDS):
                return None
            if self._items[other].kind in kinds:
                return other
        return None

    def _last(self, place: int, kinds: frozenset[Kind]) -> int | None:
        clause = self._clause[place]
        for other in range(place - 1, -1, -1):
            if self._clause[other] != clause:
                return None
            if self._items[other].kind in kinds:
                return other
        return None

    def _negations(self) -> frozenset[int]:
        negated: set[int] = set()
        self._loose: set[int] = set()
        self._denied: set[int] = set()
        for place, item in enumerate(self._items):
            if item.kind is not Kind.NEGATION:
                continue
            target = self._next(place, _SAID, is_bracketed=True)
            while (
                target is not None and self._items[target].kind is Kind.MARKER and self._items[target].code == "agent"
            ):
                target = self._next(target, _SAID, is_bracketed=True)
            if target is None:
                target = self._next(place, _SAYING_NOTHING, is_bracketed=True)
                if target is not None:
                    self._denied.add(target)
                    continue
                target = self._last(place, _SAID)
            if target is None:
                self._loose.add(place)
                continue
            negated ^= {p for p, i in enumerate(self._items) if i.place == self._items[target].place}
            negated |= self._coordinated(target) if item.code != "one" else set()
        return frozenset(negated)

    def _coordinated(self, place: int) -> set[int]:
        """Further items of a list of drugs: "not codeine, tramadol or oxycodone"."""
        found: set[int] = set()
        if self._items[place].kind is not Kind.DRUG:
            return found
        other = place + 1
        while other < len(self._items) and self._items[other].kind in (Kind.JOIN, Kind.DRUG, Kind.LINK):
            if self._items[other].kind is Kind.DRUG:
                found.add(other)
            other += 1
        return found

    def _attached(self, kind: Kind, targets: frozenset[Kind]) -> dict[int, str]:
        found: dict[int, str] = {}
        through = _REACHED_THROUGH | {Kind.NEUTRAL, Kind.GENE, Kind.MODAL, Kind.TOPIC} - targets
        for place, item in enumerate(self._items):
            if item.kind is kind:
                target = self._following(place, targets, through)
                if target is None and kind is Kind.DEGREE:
                    target = self._last(place, frozenset({Kind.DIRECTION}))
                if target is None:
                    target = self._last(place, targets)
                if target is not None:
                    found[target] = item.code
                elif kind is Kind.DEGREE:
                    self._loose.add(place)
        return found

    def _modals(self) -> dict[int, str]:
        """Modal words by the action or direction that they speak of; the weaker one counts."""
        found: dict[int, str] = {}
        targets = frozenset({Kind.ACTION, Kind.DIRECTION, Kind.USE, Kind.QUANTITY, Kind.MARKER, Kind.CONCEPT})
        for place, item in enumerate(self._items):
            if item.kind is Kind.CERTAINTY and item.code == "may":
                reached_by_may = self._following(place, frozenset({Kind.ACTION, Kind.USE}), _REACHED_THROUGH)
                if reached_by_may is not None:
                    found[reached_by_may] = "consider"
            if item.kind is not Kind.MODAL:
                continue
            target = self._next(place, targets)
            before = self._last(place, targets)
            is_after = item.code == "consider_after" or (target is None)
            chosen = before if is_after and before is not None else target
            if chosen is None:
                continue
            code = "consider" if item.code.startswith("consider") else item.code
            reached = self._linked_actions(chosen)
            for one in reached:
                if found.get(one) != "consider":
                    found[one] = code
        return found

    def _modal_of(self, place: int) -> str:
        """ "Instead of" is as firm as what is to be used instead."""
        if place not in self._modal and self._items[place].kind is Kind.MARKER:
            before = self._last(place, frozenset({Kind.ACTION, Kind.USE}))
            return self._modal.get(before, "") if before is not None else ""
        return self._modal.get(place, "")

    def _has_subject(self, place: int) -> bool:
        return self._part[place] in self._parts_with_subject

    def _linked_actions(self, place: int) -> list[int]:
        """An action and those joined to it by a bare ``or`` and ``and``: "consider a lower dose or another drug"."""
        targets = frozenset({Kind.ACTION, Kind.DIRECTION, Kind.USE, Kind.QUANTITY, Kind.MARKER})
        clause = self._clause[place]
        found = [place]
        for other in range(place + 1, len(self._items)):
            if self._clause[other] != clause or self._items[other].kind is Kind.MODAL:
                break
            if self._items[other].kind in targets:
                found.append(other)
        return found

    def _group(self, place: int, kind: Kind) -> tuple[str, ...]:
        """The names joined to the one at ``place``."""
        names = [self._items[place].code]
        for step in (-1, 1):
            other = place + step
            while 0 <= other < len(self._items) and self._items[other].kind in (kind, Kind.JOIN, Kind.LINK):
                if self._items[other].kind is kind:
                    names.append(self._items[other].code)
                elif self._items[other].text == ("(" if step > 0 else ")"):
                    other = self._beyond_bracket(other, step)
                other += step
        return tuple(dict.fromkeys(names))

    def _beyond_bracket(self, place: int, step: int) -> int:
        """The other end of the bracket at ``place``, of brackets in it too."""
        depth = 0
        while 0 <= place < len(self._items):
            depth += {"(": step, ")": -step}.get(self._items[place].text, 0)
            if depth == 0:
                return place
            place += step
        return place

    def _is_subject(self, place: int) -> bool:
        item = self._items[place]
        return item.kind is Kind.DRUG and item.code in self._subjects and self._roles.get(place) != "agent"

    def _is_bracketed_after(self, drug: int, place: int) -> bool:
        """In a bracket that opens right behind the drug: "amitriptyline and codeine (side effects)"."""
        between = self._items[drug + 1 : place]
        return bool(between) and between[0].text == "(" and not any(i.text == ")" for i in between)

    def _is_drug(self, place: int) -> bool:
        return self._items[place].kind is Kind.DRUG and self._roles.get(place) != "agent"

    def _drugs_of(self, place: int, item: Item) -> tuple[str, ...]:
        if item.kind is Kind.DRUG or item.kind in _OF_GENES or not self._subjects:
            return ()
        if item.kind is Kind.QUANTITY and not item.code and self._genes_of(place, item):
            return ()  # an activity score
        found = self._subject_near(place)
        if found is None:
            return ()
        group = self._group(found, Kind.DRUG)
        if found < place and self._is_bracketed_after(found, place):
            return (self._items[found].code,)
        return tuple(n for n in group if n in self._subjects) or group

    def _subject_near(self, place: int) -> int | None:
        through = _REACHED_THROUGH | {Kind.NEUTRAL, Kind.TOPIC, Kind.USE, Kind.PHASE, Kind.DIRECTION, Kind.QUANTITY}
        after = self._following(place, frozenset({Kind.DRUG}), through)
        if after is not None and (self._is_subject(after) or self._items[place].kind is Kind.ACTION):
            return after
        places = self._subject_places
        if self._items[place].kind is Kind.ACTION and self._items[place].code in ("avoid", "contraindicated"):
            places = [p for p in range(len(self._items)) if self._is_drug(p)]
        same = [p for p in places if self._clause[p] == self._clause[place]]
        part = [p for p in same if self._part[p] == self._part[place]]
        before = [p for p in part if p < place] or part[:1] or [p for p in same if p < place]
        if before:
            return before[-1]
        if same:
            return same[0]
        earlier = [p for p in places if p < place]
        return earlier[-1] if earlier else None

    def _genes_of(self, place: int, item: Item) -> tuple[str, ...]:
        if item.kind in (Kind.GENE, Kind.DRUG):
            return ()
        through = {Kind.LINK} if item.kind in _RESULTS else {Kind.LINK, Kind.NEUTRAL, Kind.PRONOUN}
        after = self._following(place, frozenset({Kind.GENE}), frozenset(through))
        if after is None:
            earlier = [p for p in range(place) if self._items[p].kind is Kind.GENE]
            after = earlier[-1] if earlier else self._next(place, frozenset({Kind.GENE}))
        return self._group(after, Kind.GENE) if after is not None else ()

    def _drug_roles(self) -> dict[int, str]:
        """How each drug is spoken of: offered, replaced, negated, to be avoided, acting on an enzyme."""
        roles: dict[int, str] = {}
        for place, item in enumerate(self._items):
            if item.kind is not Kind.DRUG:
                continue
            role = "neg" if place in self._negated else self._role_before(place) or self._role_after(place)
            roles[place] = role
        return roles

    def _role_before(self, place: int) -> str:
        clause = self._clause[place]
        for other in range(place - 1, -1, -1):
            item = self._items[other]
            if self._clause[other] != clause:
                return ""
            if item.text in self._around["because"]:
                return ""  # another clause begins: "prasugrel is preferred, since clopidogrel ..."
            if item.kind is Kind.MARKER:
                between = self._items[other:place]
                is_listed = any(i.kind is Kind.DRUG for i in between) and any(i.text == "," for i in between)
                if item.code == "agent" and is_listed:
                    return ""  # "because of paroxetine, codeine ..."
                if any(i.code == "colon" for i in between):
                    continue  # "not chosen in place of codeine: tramadol"
                is_new = any(i.kind is Kind.DRUG for i in between) and any(i.code in ("to_", "by_") for i in between)
                return "offer" if item.code == "replaced" and is_new else item.code
            if item.text == "(" and self._items[place].code in self._subjects:
                return ""
            if item.kind is Kind.MODAL and item.code == "consider" and other == place - 1:
                return "offer"
            if item.kind is Kind.USE:
                return "neg" if other in self._negated else "" if self._is_supposed(other) else "offer"
            if item.kind is Kind.CONCEPT and item.code == "set_aside":
                return "neg"
            if item.kind is Kind.ACTION and item.code != "use_alternative" and self._is_beyond_colon(other, place):
                return ""
            if item.kind is Kind.CONCEPT and item.code == "do_not_replace":
                is_other = any(i.code == "to_" for i in self._items[other:place])
                return "neg" if is_other else ""
            if item.kind is Kind.ACTION:
                if other in self._negated:
                    return "neg"
                return {"use_alternative": "offer", "avoid": "avoid", "contraindicated": "avoid"}.get(item.code, "")
            if item.kind in (Kind.CONCEPT, Kind.DIRECTION, Kind.PHENOTYPE, Kind.SOURCE):
                return ""
        return ""

    def _names_a_drug(self, place: int) -> bool:
        """A drug stands before ``place`` in its part of the clause."""
        return any(self._part[p] == self._part[place] and self._items[p].kind is Kind.DRUG for p in range(place))

    def _is_beyond_colon(self, place: int, other: int) -> bool:
        return any(i.code == "colon" for i in self._items[place:other])

    def _is_supposed(self, place: int) -> bool:
        """Behind an if: "if codeine is used unchanged", "before you take codeine"."""
        before = place - 1
        while before >= 0 and self._items[before].kind in (Kind.DRUG, Kind.JOIN, Kind.NEUTRAL, Kind.PRONOUN):
            before -= 1
        return before >= 0 and self._items[before].code in ("if_", "test_first")

    def _role_after(self, place: int) -> str:
        clause = self._clause[place]
        for other in range(place + 1, len(self._items)):
            item = self._items[other]
            if self._clause[other] != clause:
                return ""
            has_begun = self._part[other] != self._part[place] and item.kind not in _BETWEEN_DRUG_AND_VERB
            if has_begun and not self._names_a_drug(other):
                return ""  # "codeine is activated less, and taking fluoxetine ..."
            if item.kind is Kind.MARKER:
                return "" if item.code == "agent" else "neg" if other in self._negated else "offer"
            if item.kind is Kind.MODAL and item.code.startswith("consider") and other not in self._negated:
                return "offer"
            if item.kind is Kind.USE:
                return "neg" if other in self._negated else "" if self._is_supposed(place) else "offer"
            if item.kind is Kind.CONCEPT and item.code == "set_aside":
                return "neg"
            if item.kind is Kind.ACTION:
                if other in self._negated:
                    return "neg"
                return {"use_alternative": "offer", "avoid": "avoid", "contraindicated": "avoid"}.get(item.code, "")
            if item.kind in _BETWEEN_DRUG_AND_VERB and item.code != "of_":
                continue
            return ""
        return ""


def _brackets_joined(items: Sequence[Item]) -> list[Item]:
    """A semicolon inside a bracket ends no clause."""
    found: list[Item] = []
    depth = 0
    for item in items:
        depth = max(0, depth + (item.text == "(") - (item.text == ")"))
        is_inside = depth and item.kind is Kind.CLAUSE and item.code == "end"
        found.append(Item(Kind.JOIN, "semicolon", item.text, item.place) if is_inside else item)
    return found
