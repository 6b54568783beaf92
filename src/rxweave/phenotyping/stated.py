"""Results that a laboratory, another tool or a person stated: which part of them counts, and where they disagree.

The field's order: for genes looked up by activity score a stated score outranks a stated phenotype, which outranks the
diplotype; for the others a stated phenotype outranks the diplotype.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rxweave.calling.diplotype import StatedResult
from rxweave.phenotyping.diplotypes import GeneRules
from rxweave.phenotyping.phenotype import Phenotype
from rxweave.phenotyping.scores import NOT_AVAILABLE, ActivityScore, phenotype_of_score


@dataclass(frozen=True, slots=True)
class StatedReading:
    """What one stated result comes to.

    ``phenotype`` is the field's answer; ``possible`` are the phenotypes it leaves open: one for each activity score
    that a phenotype stated without a score can mean, and one for each part of a result that disagrees with the others.
    ``conflict`` says how they disagree, empty where they do not.
    """

    phenotype: Phenotype
    possible: tuple[Phenotype, ...]
    conflict: str = ""


def read_stated(result: StatedResult, rules: GeneRules) -> StatedReading:
    """Weigh the parts of one stated result. A result without any part reads as No Result."""
    parts: list[tuple[str, Phenotype]] = []  # what was stated, and what it means; the part that counts first
    stated_score = ActivityScore.parse(result.activity_score) if rules.has_scores else None
    if stated_score is not None:
        parts.append((f"activity score {result.activity_score}", _of_score(stated_score, rules)))
    if result.phenotype:
        parts.append((result.phenotype, _of_name(result.phenotype, rules)))
    diplotype = result.phenotype_diplotype or result.diplotype
    if diplotype is not None:
        parts.append((str(result.diplotype), rules.phenotype(diplotype)))
    if not parts:
        nothing = rules.no_result()
        return StatedReading(nothing, (nothing,))
    known = [(words, phenotype) for words, phenotype in parts if phenotype.is_known]
    conflict = ""
    if any(not _agree(known[0][1], other) for _, other in known[1:]):
        conflict = "; ".join(_say(words, phenotype) for words, phenotype in known)
    phenotype = parts[0][1]
    if stated_score is not None and result.phenotype:
        phenotype = replace(phenotype, name=result.phenotype)
    readings = [p for _, p in known] if conflict else [parts[0][1]]
    possible = tuple(dict.fromkeys(one for reading in readings for one in _one_a_key(reading, rules)))
    return StatedReading(replace(phenotype, diplotype=diplotype), possible, conflict)


def tool_disagreement(result: StatedResult, reading: StatedReading) -> str:
    """How the phenotype and score that a tool gave for its own diplotype differ from ours; empty where they agree."""
    ours = reading.phenotype
    theirs = result.tool_phenotype
    score = ActivityScore.parse(result.tool_activity_score)
    is_named_alike = not theirs or _plain(theirs) in (_plain(ours.name), _plain(ours.name).split(" ")[0])
    is_scored_alike = score is None or not ours.activity_score or score == ActivityScore.parse(ours.activity_score)
    if result.diplotype is None or (is_named_alike and is_scored_alike):
        return ""
    said = " and ".join(filter(None, (repr(theirs) if theirs else "", f"activity score {score}" if score else "")))
    scored = f" (activity score {ours.activity_score})" if ours.activity_score else ""
    return f"the tool gives {said} for {ours.gene} {result.diplotype}, this release {ours.name}{scored}."


def _plain(phenotype: str) -> str:
    """``Intermediate metaboliser (IM)``, ``intermediate_metabolizer`` and ``Intermediate Metabolizer`` alike."""
    words = phenotype.partition("(")[0].replace("_", " ").casefold().replace("etaboliser", "etabolizer").split()
    return " ".join(words).replace("unknown metabolizer", "indeterminate").replace("unknown", "indeterminate")


def _of_score(score: ActivityScore, rules: GeneRules) -> Phenotype:
    name = phenotype_of_score(score, rules.gene.phenotype_rules)
    is_defined = name != rules.gene.phenotype_rules.otherwise
    return Phenotype(rules.gene.symbol, name, str(score), (str(score) if is_defined else NOT_AVAILABLE,))


def _of_name(name: str, rules: GeneRules) -> Phenotype:
    if rules.has_scores:
        return Phenotype(rules.gene.symbol, name, NOT_AVAILABLE, rules.scores_of(name))
    keys = tuple(name.split("; ")) if rules.gene.calling.tested_alleles else (name,)
    return Phenotype(rules.gene.symbol, name, "", keys)


def _one_a_key(phenotype: Phenotype, rules: GeneRules) -> tuple[Phenotype, ...]:
    if not rules.has_scores or len(phenotype.lookup_keys) == 1:
        return (phenotype,)
    return tuple(replace(phenotype, activity_score=key, lookup_keys=(key,)) for key in phenotype.lookup_keys)


def _agree(first: Phenotype, second: Phenotype) -> bool:
    """Two readings agree when one could be the other: a key in common, or every key of the one among the other's."""
    return bool(set(first.lookup_keys) & set(second.lookup_keys))


def _say(words: str, phenotype: Phenotype) -> str:
    return words if words == phenotype.name else f"{words} means {phenotype.name}"
