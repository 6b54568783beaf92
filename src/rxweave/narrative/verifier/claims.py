"""From items to claims: what is said of what, for which drug and gene, negated or not, how firmly.

Words that belong together are found by nearness: a direction, a negation or an action reaches the next thing it can be
said of where only small words stand between, else it speaks of the last one named. The same reading is applied to the
words of the facts, so that both sides are understood alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.quantities import plain
from rxweave.narrative.verifier.structure import Structure

Feature = tuple[str, ...]

_OPPOSITE = {"up": "down", "down": "up"}
_USUAL = frozenset({"usual", "usual_dose", "standard", "normal"})
_CARRIES = frozenset({"carries", "carrying"})  # an allele, or a risk


_SILENT = frozenset({Kind.LINK, Kind.NEUTRAL, Kind.JOIN, Kind.CLAUSE, Kind.PRONOUN})  # claim nothing but denied


@dataclass(slots=True)
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


class Claims(Structure):
    """The claims of one sentence."""

    def all(self) -> list[Claim]:
        claims = []
        for place, item in enumerate(self._items):
            if item.kind in _SILENT and place not in self._denied:
                continue
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
