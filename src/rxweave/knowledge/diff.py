"""What changed between two releases, or between two function sets of one, in a pharmacist's words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import combinations_with_replacement, product
from pathlib import Path

from rxweave.knowledge.algorithm_files import diff_algorithms
from rxweave.knowledge.conversions import ConversionRule, Conversions
from rxweave.knowledge.genes import AlleleFunction, Gene, NamedAllele, PhenotypeRules
from rxweave.knowledge.guidelines import Directive, DrugGuideline
from rxweave.knowledge.people_check import diff_people
from rxweave.knowledge.release import Knowledge, load_release

#: From least to most activity; other terms have no direction.
_FUNCTION_ORDER = (
    "no function",
    "severely decreased function",
    "decreased function",
    "possible decreased function",
    "normal function",
    "increased function",
)
_UNKNOWN_FUNCTION = ("uncertain", "unknown", "indeterminate", "unassigned", "none assigned")


def diff_releases(before: str | Path | Knowledge, after: str | Path | Knowledge) -> list[str]:
    """Lines that say what a person who used ``before`` finds changed in ``after``.

    ``2026.1@2025-11`` names a function set. Raises UnknownName, BrokenRelease.
    """
    old = before if isinstance(before, Knowledge) else load_release(before)
    new = after if isinstance(after, Knowledge) else load_release(after)
    changes = [
        *_genes(old, new),
        *_drugs(old, new),
        *_conversions(old.conversions, new.conversions),
        *_guidelines(old, new),
        *diff_people(old.people, new.people),
        *diff_algorithms(old.algorithms, new.algorithms),
    ]
    head = f"From {_title(old)} to {_title(new)}"
    return [f"{head}: no difference"] if not changes else [f"{head}:", *changes]


def _title(knowledge: Knowledge) -> str:
    return f"release {knowledge.version} with functions of {knowledge.function_set}"


def _genes(old: Knowledge, new: Knowledge) -> Iterator[str]:
    for symbol in sorted({*old.genes, *new.genes}):
        if symbol not in new.genes:
            yield f"{symbol}: gene removed"
        elif symbol not in old.genes:
            yield f"{symbol}: new gene, {len(new.gene(symbol).alleles)} alleles"
        else:
            before, after = old.gene(symbol), new.gene(symbol)
            yield from _sites(before, after)
            yield from _alleles(before, after)
            functions = old.functions(symbol), new.functions(symbol)
            yield from _functions(
                symbol, *functions, {a.name for a in before.alleles} & {a.name for a in after.alleles}
            )
            yield from _phenotype_rules(symbol, before.phenotype_rules, after.phenotype_rules)
            yield from _diplotypes(before, after, *functions)
            yield from _frequencies(before, after)
            if before.calling != after.calling:
                yield f"{symbol}: calling rules changed"
            if before.lookup != after.lookup:
                yield f"{symbol}: guidelines look it up by {after.lookup.value}, formerly by {before.lookup.value}"
            if before.acts_in != after.acts_in:
                yield f"{symbol}: acts in {after.acts_in or 'unknown'}, formerly {before.acts_in or 'unknown'}"


def _shared_names(before: Gene, after: Gene) -> set[str]:
    return {a.name for a in before.alleles} & {a.name for a in after.alleles}


def _sites(before: Gene, after: Gene) -> Iterator[str]:
    old, new = ({v.pos_grch38: v for v in gene.variants} for gene in (before, after))
    for position in sorted({*old, *new}):
        if position not in new:
            yield f"{before.symbol}: site {old[position].label} ({before.chromosome}:{position}) removed"
        elif position not in old:
            yield f"{before.symbol}: new site {new[position].label} ({after.chromosome}:{position})"
        elif old[position] != new[position]:
            a, b = old[position], new[position]
            what = [
                f"{name} {x} -> {y}"
                for name, x, y in (
                    ("REF and ALT", "/".join(a.alleles), "/".join(b.alleles)),
                    ("GRCh37 position", a.pos_grch37 or "unknown", b.pos_grch37 or "unknown"),
                    ("rsID", a.rsid or "none", b.rsid or "none"),
                    ("HGVS", a.hgvs, b.hgvs),
                    ("AMP tier 1", _yes(a.is_amp_tier1), _yes(b.is_amp_tier1)),
                    ("GRCh37 inferred", _yes(a.is_grch37_inferred), _yes(b.is_grch37_inferred)),
                    ("GRCh37 REF", a.ref_grch37 or "same", b.ref_grch37 or "same"),
                )
                if x != y
            ]
            yield f"{before.symbol} {b.label}: {'; '.join(what)}"


def _alleles(before: Gene, after: Gene) -> Iterator[str]:
    old, new = ({a.name: a for a in gene.alleles} for gene in (before, after))
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in new:
            yield f"{before.symbol} {name}: allele removed"
            continue
        now = _definition(after, new[name])
        if name not in old:
            yield f"{before.symbol} {name}: new allele, {now or 'known by name only'}"
            continue
        then = _definition(before, old[name])
        if then != now:
            yield f"{before.symbol} {name}: definition {then or 'unknown'} -> {now or 'unknown'}"
        if old[name].is_callable != new[name].is_callable:
            yield f"{before.symbol} {name}: {'can now' if new[name].is_callable else 'can no longer'} be called"
        if old[name].core != new[name].core:
            yield f"{before.symbol} {name}: reported as {old[name].reported_name} -> {new[name].reported_name}"


def _definition(gene: Gene, allele: NamedAllele) -> str:
    """The sites that an allele defines, by rsID or HGVS; those at which it is REF only where it has few."""
    is_full = len(allele.cells) == len(gene.variants) and len(gene.variants) > 1
    cells = []
    for site, mask in allele.cells:
        if is_full and mask == 1:
            continue
        variant = gene.variants[site]
        bases = "|".join(base for code, base in enumerate(variant.alleles) if mask >> code & 1)
        cells.append(f"{variant.label} {bases}")
    return " + ".join([*(["every site REF"] if is_full else []), *cells])


def _functions(
    symbol: str, old: Mapping[str, AlleleFunction], new: Mapping[str, AlleleFunction], alleles: set[str]
) -> Iterator[str]:
    for name in [*old, *(n for n in new if n not in old)]:
        if name not in alleles:
            continue
        before, after = old.get(name), new.get(name)
        then, now = (f.function if f else "none assigned" for f in (before, after))
        values = [f.activity_value if f and f.activity_value else "none" for f in (before, after)]
        text = f"{then} -> {now}{_direction(then, now)}" if then != now else ""
        if values[0] != values[1]:
            text += f"{', ' if text else ''}activity value {values[0]} -> {values[1]}"
        if not text and before and after and before.strength != after.strength:
            text = f"strength of evidence {before.strength or 'not given'} -> {after.strength or 'not given'}"
        if text:
            yield f"{symbol} {name}: {text}"


def _direction(then: str, now: str) -> str:
    """`` (less function)`` and the like, where both terms can be ordered."""
    if any(word in then.lower() for word in _UNKNOWN_FUNCTION):
        return " (now known)" if not any(word in now.lower() for word in _UNKNOWN_FUNCTION) else ""
    if any(word in now.lower() for word in _UNKNOWN_FUNCTION):
        return " (no longer known)"
    ranks = [_FUNCTION_ORDER.index(t.lower()) if t.lower() in _FUNCTION_ORDER else -1 for t in (then, now)]
    if -1 in ranks or ranks[0] == ranks[1]:
        return ""
    return " (less function)" if ranks[1] < ranks[0] else " (more function)"


def _phenotype_rules(symbol: str, old: PhenotypeRules, new: PhenotypeRules) -> Iterator[str]:
    for pair in sorted({*old.pairs, *new.pairs}):
        then, now = old.pairs.get(pair, "no rule"), new.pairs.get(pair, "no rule")
        if then != now:
            yield f"{symbol}: {pair[0]} with {pair[1]}: {then} -> {now}"
    for function in sorted({*old.single, *new.single}):
        then, now = old.single.get(function, "no rule"), new.single.get(function, "no rule")
        if then != now:
            yield f"{symbol}: one copy with {function}: {then} -> {now}"
    if old.bands != new.bands:
        yield f"{symbol}: bands of the activity score: {_bands(old)} -> {_bands(new)}"
    if old.otherwise != new.otherwise:
        yield f"{symbol}: phenotype where no rule fits: {old.otherwise} -> {new.otherwise}"
    for name in sorted({*old.names} ^ {*new.names}):
        yield f"{symbol}: phenotype {name} {'removed' if name in old.names else 'added'}"


def _bands(rules: PhenotypeRules) -> str:
    return (
        "; ".join(
            f"{b.phenotype} {'[' if b.includes_low else '('}{b.low}, {b.high}{']' if b.includes_high else ')'}"
            for b in rules.bands
        )
        or "none"
    )


def _diplotypes(
    before: Gene, after: Gene, old: Mapping[str, AlleleFunction], new: Mapping[str, AlleleFunction]
) -> Iterator[str]:
    """How many diplotypes of alleles that both know get another phenotype, and the commonest changes."""
    names = [
        n for n in {**old, **new} if any(n == a.name for a in before.alleles) and n in {a.name for a in after.alleles}
    ]
    if before.phenotype_rules == after.phenotype_rules and all(_key(old.get(n)) == _key(new.get(n)) for n in names):
        return
    # Alleles with the same functions before and after give the same phenotypes: count kinds of allele, not alleles.
    kinds = Counter((_key(old.get(n)), _key(new.get(n))) for n in names)
    changes: Counter[tuple[str, str]] = Counter()
    total = len(names) * (len(names) + 1) // 2
    for (first, m), (second, n) in combinations_with_replacement(kinds.items(), 2):
        then = _phenotype(before.phenotype_rules, first[0], second[0])
        now = _phenotype(after.phenotype_rules, first[1], second[1])
        if then != now:
            changes[then, now] += m * (m + 1) // 2 if first == second else m * n
    if changes:
        parts = [f"{then} -> {now} ({n})" for (then, now), n in changes.most_common(4)]
        more = f" and {len(changes) - 4} other changes" if len(changes) > 4 else ""
        yield (
            f"{after.symbol}: {sum(changes.values())} of {total} diplotypes change phenotype: {', '.join(parts)}{more}"
        )


def _key(function: AlleleFunction | None) -> tuple[str, str]:
    return (function.function, function.activity_value) if function else ("", "")


def _phenotype(rules: PhenotypeRules, first: tuple[str, str], second: tuple[str, str]) -> str:
    if not rules.bands:
        return rules.pairs.get((min(first[0], second[0]), max(first[0], second[0])), rules.otherwise)
    try:
        score = sum((Decimal(value.removeprefix("≥")) for _, value in (first, second)), Decimal(0))
    except InvalidOperation:
        return rules.otherwise
    for band in rules.bands:
        above = band.low < score or (band.includes_low and band.low == score)
        below = band.high is None or score < band.high or (band.includes_high and band.high == score)
        if above and below:
            return band.phenotype
    return rules.otherwise


def _frequencies(before: Gene, after: Gene) -> Iterator[str]:
    old, new = (
        {(group, name): f for group, alleles in gene.frequencies.items() for name, f in alleles.items()}
        for gene in (before, after)
    )
    added, removed = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    changed = sorted(
        (key for key in old.keys() & new.keys() if old[key] != new[key]), key=lambda key: -abs(old[key] - new[key])
    )
    counts = ((len(changed), "changed"), (added, "added"), (removed, "removed"))
    parts = [f"{count} {what}" for count, what in counts if count]
    if parts:
        most = ""
        if changed:
            group, name = changed[0]
            most = f"; the largest: {name} in {group} {old[changed[0]]:.4g} -> {new[changed[0]]:.4g}"
        yield f"{after.symbol}: frequencies: {', '.join(parts)}{most}"


def _drugs(old: Knowledge, new: Knowledge) -> Iterator[str]:
    for name in sorted({*old.drugs, *new.drugs}):
        before, after = old.drugs.get(name), new.drugs.get(name)
        if before is None or after is None:
            yield f"{name}: {'new drug' if before is None else 'drug removed'}"
        elif before != after:
            fields = ("kind", "rxcui", "atc", "synonyms", "brands", "ingredients", "members")
            changed = [f for f in fields if getattr(before, f) != getattr(after, f)]
            yield f"{name}: drug entry changed ({', '.join(changed) or 'codes and sources'})"
    effects = []
    for knowledge in (old, new):
        effects.append({(i.drug, i.gene, i.role.value): i.strength.value or "listed" for i in knowledge.interactions})
    for key in sorted({*effects[0], *effects[1]}):
        then, now = effects[0].get(key, "none"), effects[1].get(key, "none")
        if then != now:
            yield f"{key[0]} as {key[1]} {key[2]}: {then} -> {now}"


def _conversions(old: Conversions, new: Conversions) -> Iterator[str]:
    """What co-medication is taken to do, and for how long after the last dose."""
    rules = [{(r.gene, r.role, r.strength): _effect(r) for r in side.rules} for side in (old, new)]
    for key in sorted({*rules[0], *rules[1]}):
        then, now = rules[0].get(key, "no rule"), rules[1].get(key, "no rule")
        if then != now:
            gene, role, strength = key
            yield f"{gene}: a {strength} {role}: {then} -> {now}"
    for drug in sorted({*old.washouts, *new.washouts}):
        before, after = old.washouts.get(drug), new.washouts.get(drug)
        then, now = (f"{w.days} days" if w else "not known" for w in (before, after))
        if then != now:
            yield f"{drug}: washout {then} -> {now}"
    if (old.factors, old.shared, old.local_routes) != (new.factors, new.shared, new.local_routes):
        yield "phenoconversion: smoking, inflammation, shared modulators or local routes changed"
    if old.induction_days != new.induction_days:
        yield f"inducers: {old.induction_days} -> {new.induction_days} days to full effect and to its end"


def _effect(rule: ConversionRule) -> str:
    if rule.score_factor is not None:
        return f"activity score x {rule.score_factor} ({rule.confidence})"
    return "; ".join(f"{a} becomes {b}" for a, b in rule.becomes.items() if a != b) + f" ({rule.confidence})"


def _guidelines(old: Knowledge, new: Knowledge) -> Iterator[str]:
    before, after = (
        {(g.drug, g.source, g.genes): g for guidelines in k.guidelines.values() for g in guidelines} for k in (old, new)
    )
    for key in sorted({*before, *after}):
        if key not in after or key not in before:
            title = _guideline_title(after.get(key) or before[key])
            yield f"{title}: {'new guideline' if key in after else 'guideline removed'}"
        elif before[key] != after[key]:
            yield from _recommendations(before[key], after[key])


def _guideline_title(guideline: DrugGuideline) -> str:
    return f"{guideline.drug} ({guideline.source}, {' + '.join(guideline.genes)})"


def _recommendations(old: DrugGuideline, new: DrugGuideline) -> Iterator[str]:
    """Changed answers, the lookup values with the same change on one line."""
    title = _guideline_title(new)
    if old.is_computable != new.is_computable:
        yield f"{title}: {'is now computed' if new.is_computable else 'is no longer computed'}"
    then, now = _answers(old), _answers(new)
    changes: dict[tuple[str, str, str], list[str]] = {}
    for population, key in dict.fromkeys([*then, *now]):
        a, b = (
            then.get((population, key), "no recommendation held"),
            now.get((population, key), "no recommendation held"),
        )
        if a != b:
            changes.setdefault((population, a, b), []).append(key)
    for (population, a, b), keys in changes.items():
        yield f"{title}, {population}, {'; '.join(keys)}: {a} -> {b}"
    if not changes and old.is_computable == new.is_computable:
        yield f"{title}: guideline facts changed beside the recommended actions (branches, implications or citations)"


def _answers(guideline: DrugGuideline) -> dict[tuple[str, str], str]:
    """(population, "CYP2D6 Poor Metabolizer") -> what is recommended, in words."""
    answers = {}
    for recommendation in guideline.recommendations:
        genes = sorted(recommendation.when)
        for values in product(*(sorted(recommendation.when[g]) for g in genes)):
            key = " and ".join(f"{gene} {value}" for gene, value in zip(genes, values, strict=True))
            strength = f", {recommendation.strength}" if recommendation.strength else ""
            answers[recommendation.population, key] = _words(recommendation.directive) + strength
    return answers


def _words(directive: Directive) -> str:
    words = [("consider " if directive.modality.value == "consider" else "") + directive.action.value.replace("_", " ")]
    for dose in directive.dose:
        factors = {dose.factor_low, dose.factor_high} - {None}
        if factors:
            words.append(f"{dose.phase.value} at {'-'.join(str(f) for f in sorted(f for f in factors if f))} of usual")
        if dose.cap is not None:
            words.append(f"{dose.phase.value} {'below' if dose.is_cap_exclusive else 'at most'} {dose.cap} {dose.unit}")
    if directive.alternatives:
        words.append(f"instead: {', '.join(directive.alternatives)}")
    return ", ".join(words)


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
