"""From items to claims: what is said of what, for which drug and gene, negated or not, how firmly.

Words that belong together are found by nearness: a direction, a negation or an action reaches the next thing it can be
said of where only small words stand between, else it speaks of the last one named. The same reading is applied to the
words of the facts, so that both sides are understood alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.lexicon import Lexicon
from rxweave.narrative.verifier.quantities import plain

Feature = tuple[str, ...]

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
_OPPOSITE = {"up": "down", "down": "up"}
_BOUNDS = frozenset({"bracket", "colon"})  # a negation does not reach beyond
_USUAL = frozenset({"usual", "usual_dose", "standard", "normal"})
_CARRIES = frozenset({"carries", "carrying"})  # an allele, or a risk
_SAYING_NOTHING = frozenset({Kind.NEUTRAL})


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that is said.

    ``features`` are the readings of the claim, of which one has to hold. ``drugs`` and ``genes``: what it is said of,
    empty where nothing is named; ``is_inherited``: the clause itself names no drug. ``clause`` counts the clauses of
    the sentence. ``phases`` are those of treatment it speaks of; ``is_compared``: it is what something is compared
    with ("than in poor metabolizers").
    """

    features: tuple[Feature, ...]
    text: str
    kind: Kind
    clause: int
    place: int
    drugs: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    degree: str = ""
    modal: str = ""
    role: str = ""
    is_inherited: bool = False
    phases: tuple[str, ...] = ()
    is_compared: bool = False


class Claims:
    """The claims of one sentence. ``subjects`` are the drugs that facts of the sentence speak of."""

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

    def all(self) -> list[Claim]:
        claims = []
        for place, item in enumerate(self._items):
            features = self._features(place, item)
            if features:
                claims.append(
                    Claim(
                        features,
                        item.text,
                        item.kind,
                        self._clause[place],
                        place,
                        self._drugs_of(place, item),
                        self._genes_of(place, item),
                        self._degree.get(place, ""),
                        self._modal_of(place),
                        self._roles.get(place, ""),
                        not self._has_subject(place),
                        self._phases_of(place),
                        self._is_compared(place),
                    )
                )
        return claims

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

    # ---------------------------------------------------------------- structure

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

    def _phases_of(self, place: int) -> tuple[str, ...]:
        if self._items[place].kind not in (Kind.QUANTITY, Kind.DIRECTION):
            return ()
        through = frozenset({Kind.LINK, Kind.DIRECTION, Kind.DEGREE, Kind.TOPIC, Kind.CONCEPT, Kind.QUANTITY})
        found = self._following(place, frozenset({Kind.PHASE}), through)
        if found is None:
            found = self._last(place, frozenset({Kind.PHASE}))
        return self._group(found, Kind.PHASE) if found is not None else ()

    def _is_compared(self, place: int) -> bool:
        if not place:
            return False
        before = self._items[place - 1].text
        return before in self._around["compared"] or before.split()[-1] in self._around["compared"]

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

    # ---------------------------------------------------------------- what a claim is said of

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

    # ---------------------------------------------------------------- features

    def _features(self, place: int, item: Item) -> tuple[Feature, ...]:
        negated = "not" if place in self._negated else ""
        if item.code in _USUAL and self._is_base(place):
            return ()
        match item.kind:
            case Kind.DRUG:
                return (("drug", item.code),)
            case Kind.GENE:
                return (("gene", item.code),)
            case Kind.ALLELE | Kind.DIPLOTYPE | Kind.SOURCE | Kind.PHASE:
                return ((item.kind.value, item.code, negated),)
            case Kind.MARKER if item.code == "replaced":
                return ((Kind.ACTION.value, "use_alternative", negated),)
            case Kind.PHENOTYPE if item.text in _CARRIES and not self._is_of_allele(place):
                return ()
            case Kind.PHENOTYPE:
                return ((item.kind.value, item.code, self._reading_of(place), negated),)
            case Kind.CONCEPT | Kind.ACTION:
                return ((item.kind.value, item.code, negated),)
            case Kind.TOPIC if place in self._degree:
                return (("degree", item.code, self._degree[place], negated),)
            case Kind.TOPIC if negated and item.code == "effect":  # "not expected to work": less effect
                return (("topic", item.code, negated), ("direction", item.code, "down", ""))
            case Kind.TOPIC:
                return ((Kind.TOPIC.value, item.code, negated),) if negated else ()
            case Kind.MODAL if item.code == "do" and self._is_alone(place):
                return ((Kind.MODAL.value, item.code),)
            case Kind.USE:
                return self._not_used(place) if negated else ()
            case Kind.DIRECTION:
                direction = self._direction(place)
                return tuple((item.kind.value, topic, direction, negated) for topic in self._topics_of(place))
            case Kind.QUANTITY:
                return self._quantity(place, item)
            case _ if place in self._denied:  # "not part of this release": denied words count, though they are neutral
                return (("denied", item.text),)
            case _:
                return ()

    def _direction(self, place: int) -> str:
        """ "Falls more" is down, "falls less" is not: a second word of direction strengthens or turns the first."""
        item, before = self._items[place], self._items[place - 1] if place else None
        if before is None or before.kind is not Kind.DIRECTION or before.place == item.place:
            return item.code
        if item.text in self._around["more"]:
            return before.code
        return _OPPOSITE.get(before.code, item.code) if item.text in self._around["less"] else item.code

    def _topics_of(self, place: int) -> tuple[str, ...]:
        """The topic, or all phases of a list: "loading dose and starting dose as usual"."""
        found = self._last(place, frozenset({Kind.PHASE, Kind.TOPIC, Kind.CONCEPT}))
        topic = self._topic_of(place)
        if found is not None and self._items[found].kind is Kind.PHASE and self._items[found].code == topic:
            return self._group(found, Kind.PHASE)
        return (topic,) if topic else ("", "dose")  # "asks for a reduction"

    def _topic_of(self, place: int) -> str:
        kinds = frozenset({Kind.TOPIC, Kind.CONCEPT, Kind.PHASE})
        through = frozenset({Kind.LINK, Kind.DRUG, Kind.GENE, Kind.PRONOUN, Kind.DEGREE})

        def last() -> int | None:
            found = self._last(place, kinds)
            while found is not None and self._items[found].code in _USUAL and self._is_base(found):
                found = self._last(found, kinds)
            return found

        if place and self._items[place - 1].place == self._items[place].place and self._items[place - 1].kind in kinds:
            return self._topic_code(place - 1)
        found = self._following(place, kinds, through)
        if found is None and self._changes_a_drug(place):
            return "dose"
        if found is None:
            found = last()
        if found is None:
            found = self._next(place, kinds)
        if found is None:
            earlier = [p for p in range(place) if self._items[p].kind in kinds]
            found = earlier[-1] if earlier else None
        return self._topic_code(found) if found is not None else ""

    def _changes_a_drug(self, place: int) -> bool:
        """ "Reduce codeine", "reduce this drug": the dose is meant."""
        following = self._items[place + 1 : place + 3]
        if following and following[0].kind is Kind.DRUG:
            return True
        if following and following[0].text in self._around["it"]:
            return True
        return (
            len(following) == 2
            and following[0].kind in (Kind.LINK, Kind.PRONOUN)
            and following[1].text in ("drug", "medicine")
        )

    def _topic_code(self, place: int) -> str:
        code = self._items[place].code
        return "risk" if code in self._harms else code

    def _not_used(self, place: int) -> tuple[Feature, ...]:
        """ "Do not use it" is to avoid it; "do not use an antibiotic" is about something else."""
        following = self._items[place + 1] if place + 1 < len(self._items) else None
        if following is not None and following.text in self._around["indefinite"]:
            return ((Kind.ACTION.value, "avoid", "another"),)
        other = self._following(place, frozenset({Kind.CONCEPT}), frozenset({Kind.LINK, Kind.DEGREE}))
        if other is not None:
            return ((Kind.ACTION.value, "avoid", self._items[other].code),)
        return ((Kind.ACTION.value, "avoid", ""),)

    def _is_alone(self, place: int) -> bool:
        """The only word of a bracket."""
        around = (place - 1, place + 1)
        return all(0 <= p < len(self._items) and self._items[p].code == "bracket" for p in around)

    def _reading_of(self, place: int) -> str:
        """Genetic or clinical; "from normal to poor metabolizer" names the genetic one first."""
        before = [i.code for i in self._items[max(0, place - 5) : place]]
        if before and before[-1] == "from_":
            return "genetic"
        if before and before[-1] == "to_" and "from_" in before:
            return "clinical"
        return self._reading.get(place, "")

    def _is_of_allele(self, place: int) -> bool:
        return self._following(place, frozenset({Kind.ALLELE, Kind.GENE}), frozenset({Kind.LINK})) is not None

    def _is_base(self, place: int) -> bool:
        """What a share is of: "50% of the usual dose"."""
        before = place - 1
        while before >= 0 and self._items[before].kind in (Kind.LINK, Kind.DIRECTION):
            before -= 1  # also "20% below the usual one"
        return before >= 0 and self._items[before].kind is Kind.QUANTITY

    def _quantity(self, place: int, item: Item) -> tuple[Feature, ...]:
        low, high, *comparison = item.value
        compared = "".join(comparison) + ("not" if place in self._negated else "")
        if not item.code and len(low) == 4 and low.isdigit() and low[:2] in ("19", "20") and low == high:
            return (("year", low), ("q", "", low, high, compared))
        if not item.code and any(i.code == "pmid" for i in self._items[max(place - 2, 0) : place]):
            return (("pmid", low),)
        if item.code == "x":  # "1.5 times the usual dose", "raised 2-fold"
            return (("factor", low, high, compared), ("q", "x", low, high, compared))
        if item.code != "%":
            of_age = (("q", "year", low, high, compared),) if compared and not item.code else ()  # "under 18"
            return (("q", item.code, low, high, compared), *of_age)
        share = ("q", "%", low, high, compared)
        return ((*self._factor(place, low, high), compared), share)

    def _factor(self, place: int, low: str, high: str) -> Feature:
        """A share of the usual dose, from "50% of", "by 60%" and "40% less"."""
        how = self._share_reads(place)
        if how == "less":
            low, high = plain(100 - Decimal(high)), plain(100 - Decimal(low))
        elif how == "more":
            low, high = plain(100 + Decimal(low)), plain(100 + Decimal(high))
        return ("factor", low, high)

    def _share_reads(self, place: int) -> str:
        following = self._items[place + 1] if place + 1 < len(self._items) else None
        previous = self._items[place - 1] if place else None
        if following is not None and following.code == "of_":
            return "of"
        if following is not None and following.kind is Kind.DIRECTION and following.code in ("up", "down"):
            return "less" if following.code == "down" else "more"
        if following is not None and following.kind is Kind.TOPIC and place + 2 < len(self._items):
            after = self._items[place + 2]
            if after.kind is Kind.DIRECTION and after.code in ("up", "down"):  # "a 50% dose reduction"
                return "less" if after.code == "down" else "more"
        if previous is not None and previous.code == "to_":
            return "of"
        if previous is not None and previous.code in ("by_", "of_"):
            before = self._last(place, frozenset({Kind.DIRECTION}))
            if before is not None and self._items[before].code in ("up", "down"):
                return "less" if self._items[before].code == "down" else "more"
        if previous is not None and previous.kind is Kind.DIRECTION and previous.code in ("up", "down"):
            return "less" if previous.code == "down" else "more"
        return "of"


def _brackets_joined(items: Sequence[Item]) -> list[Item]:
    """A semicolon inside a bracket ends no clause."""
    found: list[Item] = []
    depth = 0
    for item in items:
        depth = max(0, depth + (item.text == "(") - (item.text == ")"))
        is_inside = depth and item.kind is Kind.CLAUSE and item.code == "end"
        found.append(Item(Kind.JOIN, "semicolon", item.text, item.place) if is_inside else item)
    return found
