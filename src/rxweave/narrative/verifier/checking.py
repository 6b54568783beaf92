"""Holds the claims of one sentence against the facts it cites."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from rxweave.knowledge.guidelines import Phase
from rxweave.narrative.facts import FactKind, FactSheet
from rxweave.narrative.narrative import Refusal, Sentence, SentenceKind
from rxweave.narrative.verifier.claims import Claim, Claims, Feature
from rxweave.narrative.verifier.items import Item, Kind
from rxweave.narrative.verifier.licences import Licence, Licences
from rxweave.narrative.verifier.text import forbidden_part

_OPPOSITE = {"up": "down", "down": "up", "usual": "", "": ""}


@dataclass(slots=True)
class Checked:
    """``stated``: by fact id, the features of the fact that the sentence claims."""

    refusals: list[Refusal] = field(default_factory=list)
    stated: dict[str, set[Feature]] = field(default_factory=dict)


class SentenceCheck:
    """One sentence against one sheet. Use once."""

    def __init__(self, sentence: Sentence, place: int, sheet: FactSheet, licences: Licences) -> None:
        self._sentence = sentence
        self._place = place
        self._sheet = sheet
        self._all = licences
        self._boilerplate = licences.boilerplate
        self._done = Checked()
        self._cited: list[Licence] = []
        self._conditional: list[Licence] = []  # those of them that hold under a condition only
        self._said: frozenset[Feature] = frozenset()

    def run(self) -> Checked:
        text = self._sentence.text
        if not text.strip():
            self._refuse("not_about_the_case", text, (), "the sentence is empty")
            return self._done
        if (found := forbidden_part(text)) is not None:
            self._refuse("not_about_the_case", found[1], (), f"a sentence holds no {found[0]}")
            return self._done
        if self._sentence.kind is SentenceKind.BOILERPLATE and not self._sentence.facts:
            if text not in self._boilerplate:
                self._refuse("unsupported", text, (), "it cites no fact and is none of the standing sentences")
            return self._done
        if text in self._boilerplate:
            return self._done
        self._cite()
        if self._done.refusals:
            return self._done
        items = self._all.reader.read(text)
        self._read(items)
        subjects = frozenset(lic.fact.drug for lic in self._cited if lic.fact.drug)
        claims = Claims(items, self._all.lexicon, subjects)
        for word in claims.unbound:
            self._refuse("unparsed", word, (), "it is not clear what this word speaks of")
        self._hold(claims)
        if self._done.refusals:
            self._done.stated.clear()  # what is refused is not told
        return self._done

    # ---------------------------------------------------------------- the sentence as such

    def _cite(self) -> None:
        if not self._sentence.facts:
            self._refuse("unsupported", self._sentence.text, (), "the sentence cites no fact")
        for fact_id in self._sentence.facts:
            licence = self._all.of(fact_id)
            if licence is None:
                self._refuse("unsupported", fact_id, (fact_id,), f"there is no fact {fact_id!r} in this case")
            else:
                self._cited.append(licence)
        self._conditional = [lic for lic in self._cited if lic.conditions]

    def _read(self, items: Sequence[Item]) -> None:
        for item in items:
            if item.kind is Kind.UNKNOWN:
                self._refuse("unparsed", item.text, (), f"{item.text!r} is not a word that can be checked")
            elif item.kind is Kind.REFUSED:
                why = self._all.why(item.code)
                self._refuse(item.code if item.code in _CODES else "unsupported", item.text, (), why)

    # ---------------------------------------------------------------- its claims

    def _hold(self, claims: Claims) -> None:
        every = claims.all()
        held: dict[int, list[tuple[Claim, list[Licence]]]] = {}
        waiting: list[tuple[Claim, list[Licence]]] = []
        in_clause: dict[int, set[Feature]] = {}
        self._said = frozenset(f for claim in every for f in claim.features)
        for claim in every:
            in_clause.setdefault(claim.clause, set()).update(claim.features)
        for claim in every:
            as_condition = [lic for lic in self._conditional if self._is_condition(claim, lic)]
            found = self._candidates(claim)
            if not found:
                if as_condition:
                    waiting.append((claim, as_condition))
                continue
            met = [lic for lic in found if self._is_met(lic, claim.clause, in_clause, claims)]
            if not met and as_condition:
                waiting.append((claim, as_condition))
                continue
            if not met:
                needed = found[0]
                self._refuse_claim(
                    "contradicted",
                    claim,
                    found,
                    f"{_named(needed)} holds under a condition only, and the sentence does not state it",
                )
                continue
            deciding = [lic for lic in met if not lic.primary.isdisjoint(claim.features)]
            if deciding:
                met = deciding
            fitting = [lic for lic in met if self._fits(claim, lic, claims)]
            if not fitting:
                self._misfit(claim, met[0], claims)
                continue
            held.setdefault(claim.clause, []).append((claim, fitting))
            for lic in fitting:
                if lic.fact.kind is FactKind.ACTION and not self._is_named(lic.fact.drug, claims):
                    continue  # "use it with care" of nothing that was named
                self._done.stated.setdefault(lic.fact.id, set()).update(claim.features)
        for claim, licences in waiting:
            said = [pair for c, found in held.items() if c >= claim.clause for pair in found]
            around = [lic for other, found in said for lic in found if other.kind not in (Kind.DRUG, Kind.GENE)]
            if not any(lic in around for lic in licences):
                self._refuse_claim(
                    "wrong_binding",
                    claim,
                    licences,
                    "this condition belongs to another fact than the one that is stated under it",
                )

    def _is_named(self, drug: str, claims: Claims) -> bool:
        return ("drug", drug) in self._said or claims.has_pronoun

    def _is_condition(self, claim: Claim, licence: Licence) -> bool:
        wordings = (wording for condition in licence.conditions for wording in condition)
        return any(not wording.isdisjoint(claim.features) for wording in wordings)

    def _candidates(self, claim: Claim) -> list[Licence]:
        """Cited facts that allow the claim for what it is said of. Refuses where there is none."""
        allowing = [lic for lic in self._cited if not lic.features.isdisjoint(claim.features)]
        if not allowing and claim.kind is Kind.GENE:
            allowing = self._of_gene(claim.features[0][1])
        if claim.kind is Kind.DRUG:
            return self._drug_candidates(claim, allowing)
        bound = [lic for lic in allowing if self._is_bound(claim, lic)]
        if claim.drugs and len(claim.drugs) > 1 and bound and not self._is_of_all(claim):
            without = [d for d in claim.drugs if not any(not lic.drugs or d in lic.drugs for lic in bound)]
            if without:
                self._refuse_claim("wrong_binding", claim, bound, f"no cited fact says this of {without[0]}")
                return []
        if claim.genes and len(claim.genes) > 1 and bound and claim.kind is Kind.PHENOTYPE:
            without = [g for g in claim.genes if not any(not lic.genes or g in lic.genes for lic in bound)]
            if without:
                self._refuse_claim("wrong_binding", claim, bound, f"no cited fact says this of {without[0]}")
                return []
        if bound:
            return bound
        if any(self._is_condition(claim, lic) for lic in self._conditional):
            return []
        if allowing:
            whom = ", ".join((*claim.drugs, *claim.genes))
            self._refuse_claim("wrong_binding", claim, allowing, f"{_named(allowing[0])} does not say this of {whom}")
        else:
            self._unsupported(claim)
        return []

    def _is_of_all(self, claim: Claim) -> bool:
        """Said of the case, whatever drug is named beside it."""
        return claim.kind is Kind.GENE or (claim.kind is Kind.CONCEPT and claim.features[0][1] in self._all.always)

    def _is_bound(self, claim: Claim, licence: Licence) -> bool:
        if self._is_of_all(claim) and claim.kind is Kind.CONCEPT:
            return True
        if claim.drugs and licence.drugs and not any(d in licence.drugs for d in claim.drugs):
            is_named = ("drug", licence.fact.drug) in self._said
            if not claim.is_inherited or is_named:
                return False
        is_of_phase = claim.kind is Kind.QUANTITY or any(f[1] == "dose" for f in claim.features)
        if (
            claim.phases
            and is_of_phase
            and licence.fact.kind is FactKind.DOSE
            and licence.fact.code not in claim.phases
        ):
            is_maximum = licence.fact.code == Phase.MAXIMUM and claim.features[0][-1] in ("le", "lt")
            if not is_maximum:  # "at most" names that phase by itself
                return False
        if claim.kind is Kind.PHENOTYPE and licence.fact.kind not in _RESULTS and not claim.is_compared:
            return False
        if claim.kind is Kind.ACTION and claim.features[0][1] in ("avoid", "contraindicated"):
            named = licence.roles or {}
            if licence.fact.kind is FactKind.AVOID_WITH:
                return any(f in self._said for f in licence.features if _is_beside(f, licence.fact.drug))
            if named and not any(d in named for d in claim.drugs):
                return False
        return not (claim.genes and licence.genes and not any(g in licence.genes for g in claim.genes))

    def _of_gene(self, gene: str) -> list[Licence]:
        """Facts of a drug as a whole (its action, a note), which may name a gene that decides on the drug."""
        deciding = {f.drug for f in self._sheet.facts if f.kind is FactKind.FINDING and f.gene == gene}
        return [lic for lic in self._cited if not lic.fact.gene and lic.fact.drug in deciding]

    def _drug_candidates(self, claim: Claim, allowing: list[Licence]) -> list[Licence]:
        name = claim.features[0][1]
        if not allowing:
            if any(self._is_condition(claim, lic) for lic in self._conditional):
                return []
            self._refuse_claim("out_of_scope", claim, [], f"no cited fact speaks of {name}")
            return []
        speaking = [lic for lic in allowing if lic.roles and name in lic.roles]
        under = [lic for lic in speaking if lic.conditions and all(_is_said(c, self._said) for c in lic.conditions)]
        roles = [lic.roles[name] for lic in under or speaking if lic.roles]
        own = [lic for lic in allowing if lic.fact.drug == name]
        allowed = frozenset().union(*roles)
        if own:
            allowed |= self._own_roles(name)
        if any(name in lic.mentioned for lic in allowing):
            allowed |= {"neg"}  # "an opioid that does not rely on CYP2D6 (not codeine ...)"
        if any(lic.fact.kind is FactKind.AVOID_WITH for lic in own):
            allowed |= {"avoid", "neg", "agent"}
        is_excluded = not roles and not own and any(name in lic.mentioned for lic in allowing)
        if (roles or own or is_excluded) and claim.role not in allowed:
            because = f"what the facts say of {name} is not this ({claim.role or 'named'})"
            self._refuse_claim("contradicted" if claim.role else "wrong_binding", claim, allowing, because)
            return []
        return allowing

    def _own_roles(self, name: str) -> frozenset[str]:
        """How the drug of the advice may be spoken of, by its action."""
        actions = [f.code for f in self._sheet.facts if f.kind is FactKind.ACTION and f.drug == name and not f.scope]
        for licence in self._cited:
            is_scoped = licence.fact.kind is FactKind.ACTION and licence.fact.drug == name and licence.conditions
            if is_scoped and all(_is_said(condition, self._said) for condition in licence.conditions):
                actions.append(licence.fact.code)
        table = self._all.own_roles
        return frozenset(r.removeprefix("none") for code in actions or [""] for r in table.get(code, table[""]))

    def _is_met(self, licence: Licence, clause: int, said: dict[int, set[Feature]], claims: Claims) -> bool:
        if not licence.conditions:
            return True
        for condition in licence.conditions:
            if _is_said(condition, said.get(clause, set())):
                continue
            if clause in claims.contrasts():
                return False
            if not any(_is_said(condition, said.get(c, set())) for c in range(clause)):
                return False
        return True

    def _fits(self, claim: Claim, licence: Licence, claims: Claims) -> bool:
        return not self._why_not(claim, licence, claims)

    def _why_not(self, claim: Claim, licence: Licence, claims: Claims) -> tuple[str, str]:
        if claim.degree and claim.kind in (Kind.DIRECTION, Kind.CONCEPT, Kind.TOPIC):
            topics = {f[1] for f in claim.features}
            allowed = {degree for topic, degree in licence.degrees if topic in topics}
            if claim.degree not in allowed:
                return "strength", f"{_named(licence)} does not say {claim.degree!r}"
        is_change = claim.features[0][:2] == ("concept", "change") and claim.modal == "do"
        if licence.modal == "consider" and is_change:
            return "strength", f"{_named(licence)} is to be considered, not done"
        is_primary = not licence.primary.isdisjoint(claim.features)
        if licence.modal == "consider" and claim.modal != "consider" and is_primary:
            return "strength", f"{_named(licence)} is to be considered, not done"
        if licence.modal == "do" and claim.modal == "consider" and is_primary:
            return "strength", f"{_named(licence)} is to be done, not only considered"
        if licence.modal == f"not_{claim.modal}" and (_is_action(claim) or claim.kind is Kind.QUANTITY):
            return "strength", f"{_named(licence)} is firmer or less firm than this"
        if licence.is_uncertain and claim.clause not in claims.certainty and claim.kind is Kind.DIRECTION:
            return "strength", f"{_named(licence)} is not certain, and the sentence says it as if it were"
        return ()  # type: ignore[return-value]

    def _misfit(self, claim: Claim, licence: Licence, claims: Claims) -> None:
        code, because = self._why_not(claim, licence, claims)
        self._refuse_claim(code, claim, [licence], because)

    # ---------------------------------------------------------------- refusing

    def _unsupported(self, claim: Claim) -> None:
        code, because = self._reason(claim)
        self._refuse_claim(code, claim, [], because)

    def _reason(self, claim: Claim) -> tuple[str, str]:
        """Why nothing that is cited allows a claim."""
        elsewhere = [
            lic for lic in self._all.all() if not lic.features.isdisjoint(claim.features) and self._is_bound(claim, lic)
        ]
        cited = frozenset(f for lic in self._cited for f in lic.features)
        if elsewhere and not any(self._is_flipped(f, cited) for f in claim.features):
            return "unsupported", f"{_named(elsewhere[0])} would support it, and the sentence does not cite it"
        for feature in claim.features:
            if feature[0] == "direction" and any(
                f[:2] == feature[:2] and f[2] == _OPPOSITE.get(feature[2], "") for f in cited
            ):
                return "direction", "the facts say the opposite direction"
            if self._is_flipped(feature, cited):
                return "negation", "the facts say the opposite: a negation is added or missing"
        match claim.kind:
            case Kind.QUANTITY:
                return "number", "no cited fact holds this number with this unit and meaning"
            case Kind.SOURCE | Kind.YEAR | Kind.PMID:
                return "source", "no cited fact names this source"
            case Kind.PHENOTYPE if self._is_untested(claim):
                return "absent_as_normal", "this gene has no result: nothing may be said of it"
            case Kind.PHENOTYPE | Kind.ALLELE | Kind.DIPLOTYPE:
                return "contradicted", "no cited fact holds this result"
            case Kind.DRUG | Kind.GENE:
                return "out_of_scope", "no cited fact speaks of it"
            case Kind.ACTION:
                return "out_of_scope", "no cited fact asks for this"
            case _:
                return "unsupported", "no cited fact says this"

    @staticmethod
    def _is_flipped(feature: Feature, cited: frozenset[Feature]) -> bool:
        if feature[-1] not in ("", "not") or feature[0] in ("q", "factor", "drug", "gene", "year", "pmid"):
            return False
        return (*feature[:-1], "" if feature[-1] else "not") in cited

    def _is_untested(self, claim: Claim) -> bool:
        return any(
            lic.fact.code == "not_tested" and (not claim.genes or lic.fact.gene in claim.genes)
            for lic in self._cited
            if lic.fact.kind is FactKind.FINDING
        )

    def _refuse_claim(self, code: str, claim: Claim, licences: Sequence[Licence], because: str) -> None:
        self._refuse(code, claim.text, tuple(lic.fact.id for lic in licences), because)

    def _refuse(self, code: str, claim: str, facts: tuple[str, ...], because: str) -> None:
        self._done.refusals.append(Refusal(self._place, code, claim, facts, f"{claim.strip()!r}: {because}"))


#: Facts that say which result there is; others name results to compare with them.
_RESULTS = (FactKind.FINDING, FactKind.CONVERSION, FactKind.POSSIBILITY, FactKind.MISSING, FactKind.NOTE, FactKind.SITE)
_DOSES = frozenset({"dose", *Phase})
_CODES = frozenset({"not_about_the_case", "out_of_scope", "absent_as_normal", "unsupported", "strength"})


def _is_said(condition: tuple[frozenset[Feature], ...], said: Set[Feature]) -> bool:
    return any(wording <= said for wording in condition)


def _is_beside(feature: Feature, drug: str) -> bool:
    """Another drug or a group of drugs: what is not to be combined with ``drug``."""
    return feature[0] in ("drug", "concept") and feature != ("drug", drug)


def _is_action(claim: Claim) -> bool:
    if claim.features[0][0] == "action":
        return True
    return claim.kind is Kind.DIRECTION and any(f[1] in _DOSES for f in claim.features)


def _named(licence: Licence) -> str:
    return f"the fact {licence.fact.id!r}"
