"""The headings, labels and fixed furniture of the report; every clinical sentence comes from ``narrative``.

Functions here join facts that are already decided into labels (`"≤ 20 mg/day"`, `"91%"`); none of them chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from rxweave.calling.diplotype import CallSource, CallStatus, DiplotypeCall
from rxweave.knowledge.guidelines import Action, Section

TITLE = "Pharmacogenomic report"
LANGUAGE = "en"
SKIP = "Skip to what to do"
NOTICE = "Note"

ACT_NOW = "Act now"
ACT_NOW_HELP = (
    "Genes, the label or what the patient showed before give a reason to change the order or to test before the first "
    "dose."
)
NOTHING_TO_ACT_ON = "No medicine on this list needs a change because of the genes that were tested."
WATCH = "Continue, with care"
WATCH_HELP = "The order may stay; something has to be watched, or kept within a limit."
FINE = "Fine as ordered"
FINE_HELP = "No genetic reason to change. Other reasons are looked at only where this report says so."
UNKNOWN = "Could not be told"
UNKNOWN_HELP = "Unknown is not normal: nothing here says that these orders are fine."
NOT_UNDERSTOOD = "Not understood"
NOT_UNDERSTOOD_HELP = "These lines of the medication list were not matched to a medicine. No advice was given for them."
NOT_HELD = "Without genetic advice"
NOT_HELD_HELP = (
    "Nothing is held about these, or nothing was asked. That is not evidence that genes do not matter for them."
)
NO_MEDICINES = "No medicines were given, so there is no advice about medicines."

AT_A_GLANCE = "Medicines and genes at a glance"
AT_A_GLANCE_HELP = (
    "Each cell is what the gene says for the medicine; genes that one guideline weighs together share its mark. "
    "An arrow shows what other medicines make of the result. An empty cell: no source weighs the gene for it."
)
TO_ASK = "To ask and to test"
TO_ASK_HELP = "Answers that would change the advice, and tests that would settle it."
SECONDARY = "Beside medicines"
SECONDARY_HELP = "What results mean beyond medicines, as far as the person agreed to be told."
QUESTIONS, TESTS = "Questions", "Tests"
INTERACTIONS = "Plain drug interactions"
INTERACTIONS_HELP = (
    "Between medicines of this list through the same enzyme, by the named sources; whatever the genes are. Not a full "
    "interaction check."
)
FOR_THE_PHARMACIST = "For the pharmacist: every medicine in detail"
GENES = "Genes"
GENES_HELP = (
    "“Normal” means that none of the variants tested was found. It does not rule out variants that were not tested."
)
NO_GENE_CALLED = "No gene has a result."
NOT_TESTED = "What was not tested"
NOT_TESTED_HELP = "These genes have no result. Nothing is assumed about them."
ALL_TESTED = "Every gene of the release has some data; gaps inside a gene are listed with the gene."
FILE_WARNINGS = "What the files said that a reader should know"
NOTES_ON_SENTENCES = "What each sentence rests on"
NOTES_ON_SENTENCES_HELP = (
    "The facts behind the sentences above, numbered as there; those of a letter are listed with their sentences. "
    "Every sentence was checked against these facts."
)
WITHHELD = "Text withheld"
WITHHELD_HELP = (
    "These texts could not be proved against the facts and are not shown. The advice below stands by itself."
)
PROMPT = "prompt"
WRITTEN_BY = (
    "Drafted by a language model ({writer}) and checked sentence by sentence against the facts. Sentences of the model "
    "are marked M; the others are rxweave's own."
)
MODEL_MARK = "M"
#: Why a built-in sentence stands where a model should have written one.
BUILT_IN_BECAUSE: Mapping[str, str] = {
    "refused": "written by rxweave: the model's sentence was refused",
    "left_out": "written by rxweave: the model left it out",
    "model_failed": "written by rxweave: the model gave no usable answer",
    "not_completed": "written by rxweave: the model's text could not be completed",
    "hard_to_read": "written by rxweave: the model's letter was too hard to read",
}
DRAFT = "What the model wrote"
NO_DRAFT = "No usable answer ({failure}); the built-in writer wrote all of it."
SECOND_ANSWER = "second answer"
PROVED = "Proved: every sentence follows from the facts, and nothing essential is left out."
NOT_PROVED = "Not proved: {refused} sentences refused, {missing} essential facts left out."
ATTACKED = "{narratives} true narratives, {unverified} of them refused as written and left out."
ERRORS_REJECTED, REWRITES_REFUSED = "Injected errors rejected", "True rewrites refused"
SPENT = "{requests} requests, {tokens_in} tokens in, {tokens_out} tokens out, {seconds:.1f} s"
LIMITS = "Limits and scope"
SOURCES = "Sources and release"

LIMIT_LINES = (
    "This report supports a decision; it does not make one. It is not a medical device and does not replace the "
    "judgement of the prescriber and the pharmacist.",
    "It looks at the genes and positions named here and nowhere else. Rare variants, and in most files copy number and "
    "hybrid genes, are not seen.",
    "Kidney and liver function, other medicines, age, pregnancy, allergies and weight are taken into account only "
    "where the report says so.",
    "Do not stop or change a medicine because of this report without talking to the prescriber.",
)

RESEARCH_GRADE = "Research grade"
RESEARCH_GRADE_HELP = "Not for clinical use: confirm with a validated test before acting on it."
REFERENCE_ASSUMED = "Reference assumed"
REFERENCE_ASSUMED_HELP = (
    "Positions that the file does not mention were taken as reference because whoever ran this asked for it. "
    "They were not observed."
)

DRUG, ORDERED, WHAT, WHY, INSTEAD = "Medicine", "Ordered", "What to do", "Why", "Instead"
MISSING, TEST, DETAILS = "Missing", "Test that settles it", "Details"
DID_YOU_MEAN = "Did you mean"
GENE, RESULT, PHENOTYPE, FUNCTION, HOW_SURE, GAPS = (
    "Gene",
    "Result",
    "Phenotype",
    "Function",
    "How sure",
    "Not tested in this gene",
)
SCORE = "activity score"
PRIORS = "Allele frequencies"
ALSO, DIFFERS, SET_ASIDE, SITE = "Also", "Sources differ", "Set aside", "Changed by this site"
IN_CLASS = "Same class, nothing known against"
OPTION, NAMED_BY, VERDICT, OPTIONS = "Option", "Named by", "For this patient", "Alternatives"
FOR_PATIENT = "For the patient"
MODULATORS = "Medicines that act on this enzyme"
NOT_TESTED_CELL = "not tested"
SOURCE, POPULATION, STRENGTH, DOSE, MONITOR, EVIDENCE = "Source", "For", "Strength", "Dose", "Monitor", "Evidence"
BESIDE, BRANCHES, POSSIBILITIES, NOTES, RISKS, TRACE = (
    "Mind too",  # what stands beside a headline: caveats, what to watch, conditions under which another advice holds
    "Condition",
    "Readings of the genes",
    "Note",
    "Risks",
    "How this was reached",
)
ALERT = "Alert"
AVOID_WITH, CHOICE_WITH, FALLBACK, NEXT_STEP = "Do not combine with", "Or", "If it must be used", "If it does not work"
IMPLICATION = "What the genes mean for this medicine"
OTHER_ANSWERS = "Other sources and patient groups"

PATIENT, FILES, RELEASE, MADE_ON, SAMPLE, SOFTWARE, FUNCTIONS, HASH = (
    "Patient",
    "Files",
    "Knowledge release",
    "Date",
    "Sample",
    "Software",
    "Function set",
    "SHA-256",
)
SMOKING: Mapping[str, str] = {"current": "smokes", "stopped": "stopped smoking"}
PAGE, OF = "Page", "of"
NONE_KNOWN = "none"

BADGES: Mapping[Action, str] = {
    Action.STANDARD: "Fine",
    Action.NO_RECOMMENDATION: "No advice",
    Action.NOT_EXCLUDED: "Not excluded",
    Action.USE_WITH_CAUTION: "Caution",
    Action.ADJUST_BY_ALGORITHM: "Adjust dose",
    Action.INCREASE_DOSE: "Raise dose",
    Action.TEST_FIRST: "Test first",
    Action.LIMIT_DOSE: "Limit dose",
    Action.REDUCE_DOSE: "Lower dose",
    Action.USE_ALTERNATIVE: "Change drug",
    Action.AVOID: "Avoid",
    Action.CONTRAINDICATED: "Do not use",
}
CONSIDER_BADGES: Mapping[Action, str] = {
    **BADGES,
    Action.INCREASE_DOSE: "Consider more",
    Action.TEST_FIRST: "Consider a test",
    Action.LIMIT_DOSE: "Consider a limit",
    Action.REDUCE_DOSE: "Consider less",
    Action.USE_ALTERNATIVE: "Consider change",
    Action.AVOID: "Consider avoiding",
}
ACTS_BADGE = "Acts on others"
EFFECT_BADGE = "Effect stated"
SECTIONS: Mapping[Section, str] = {
    Section.RECOMMENDATION: "table, with a recommendation",
    Section.SAFETY_OR_RESPONSE: "table, effect on safety or response",
    Section.PHARMACOKINETICS: "table, effect on levels only",
    Section.LABEL: "label",
}
UNKNOWN_BADGE = "Unknown"
NO_CHANGE_BADGE = "No change"
NOT_HELD_BADGE = "No guidance"
NOT_UNDERSTOOD_BADGE = "Not read"

#: The word that stands beside each shape in the counts at the top.
MARK_WORDS: Mapping[str, str] = {
    "change": "to act on",
    "watch": "with care",
    "fine": "fine as ordered",
    "unknown": "could not be told",
    "none": "without advice",
}

STATUS: Mapping[CallStatus, str] = {
    CallStatus.CALLED: "only this result fits the data",
    CallStatus.AMBIGUOUS: "several results fit equally well",
    CallStatus.NO_CALL: "no known allele fits the data",
    CallStatus.NOT_COVERED: "not tested",
}
FROM: Mapping[CallSource, str] = {
    CallSource.GENOTYPES: "",
    CallSource.OUTSIDE: "reported by a laboratory or another program",
    CallSource.STATED: "stated by whoever asked",
}
PHASED, UNPHASED = "the two copies were told apart", "the two copies were not told apart"
SAME_IN_ALL = "every reading gives the same phenotype"
NOT_CALLED = "No result"
NO_PHENOTYPE = "no phenotype defined"
READINGS = "Readings that the data allow"
LESS_LIKELY = "Less likely"
LESS_LIKELY_SHORT = "A less likely reading of the genes would ask for more: see the report."
NO_SCALE = "no scale"
OUTSIDE_ONLY = "needs a separate test (not read from a genome file)"


def code_label(code: str) -> str:
    """A code as words: ``drug_level`` is ``drug level``."""
    return code.replace("_", " ")


def either(parts: Iterable[str]) -> str:
    return " or ".join(parts)


def percent(share: float) -> str:
    """A share of one as a percentage that never rounds a doubt away: neither 0% nor 100% unless it is."""
    if 0 < share < 0.01:
        return "<1%"
    if 0.99 < share < 1:
        return ">99%"
    return f"{share * 100:.0f}%"


def number(value: Decimal) -> str:
    return f"{value.normalize():f}"


def positions_missing(missing: int, total: int) -> str:
    if not missing:
        return "its one position was tested" if total == 1 else f"all {total} positions tested" if total else ""
    return f"{missing} of {total} positions not tested" if total else f"{missing} positions not tested"


def best_of(count: int, share: float) -> str:
    return f"best fit of {many(count)} results that the data allow; {percent(share)} likely"


def many_fit(count: int) -> str:
    return f"{many(count)} results fit the data"


def many(count: int) -> str:
    """``17,020``; numbers that nobody can read as a power of ten."""
    return f"{count:,}" if count < 1_000_000 else f"more than 10^{len(str(count)) - 1}"


def other_readings(count: int, *, listed: bool) -> str:
    return f"{count} {'other ' if listed else ''}reading{'s together' if count != 1 else ''}"


def and_more(count: int) -> str:
    return f"and {count} more"


def left_out(mass: float) -> str:
    return f"{percent(mass)} of the likelihood lies in readings that are not listed"


def prior(group: str) -> str:
    return code_label(group)


def assumed_prior(share: float) -> str:
    return f"{percent(share)} of the weight of these readings is assumed: no published frequency backs it"


NOT_WEIGHED = "nobody has published how frequent this gene's alleles are: what is possible is known, how likely is not"


def fine_percent(share: float) -> str:
    """A percentage with one decimal below ten: ``0.4%``; the smallest are ``<0.1%``."""
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{share * 100:.1f}%" if share < 0.1 else percent(share)


def joined_result(result: str, not_excluded: str) -> str:
    return f"{result}; {not_excluded}" if not_excluded else result


def not_excluded(alleles: Sequence[tuple[str, float | None]], more: int, *, is_one_group: bool) -> str:
    """Each allele with the probability of carrying it, None where it cannot be weighed."""
    if not alleles:
        return ""
    where = "in this group" if is_one_group else "over all groups"
    if alleles[0][1] is None:
        listed = ", ".join(name for name, _ in alleles)
        return f"{listed}{f' {and_more(more)}' if more > 0 else ''} not excluded"
    parts = [
        f"{name} not excluded ({fine_percent(share or 0.0)}{f' {where}' if place == 0 else ''})"
        for place, (name, share) in enumerate(alleles)
    ]
    return ", ".join(parts) + (f", {and_more(more)}" if more > 0 else "")


def possible_phenotypes(phenotypes: Sequence[tuple[str, float]], unknown: float, *, is_weighed: bool) -> str:
    if not is_weighed:
        return f"possible: {either(name for name, _ in phenotypes)}"
    rest = f", not known {fine_percent(unknown)}" if unknown >= 0.0005 else ""
    return "possible: " + ", ".join(f"{name} {percent(share)}" for name, share in phenotypes) + rest


def test_of_phase(places: Sequence[str]) -> str:
    return f"finding out which of {', '.join(places)} lie on the same copy" if places else "telling the copies apart"


def test_of_position(places: Sequence[str]) -> str:
    return f"reading {', '.join(places)}"


def settled_by(tests: Sequence[str], certainty: float) -> str:
    listed = ", then ".join(tests)
    return f"settled by {listed}" if certainty >= 0.9995 else f"best told by {listed}"


def hidden(share: float, alleles: Sequence[str], shown: int, *, group: str, most: tuple[float, str] | None) -> str:
    """The share of people who carry an allele that changes the phenotype and that these data do not show."""
    who = f"people of group {group}" if group else "people, all groups weighed alike"
    more = f" {and_more(len(alleles) - shown)}" if len(alleles) > shown else ""
    upto = f", {fine_percent(most[0])} in the group {most[1]}" if most and most[0] > share else ""
    return (
        f"{fine_percent(share)} of {who}{upto}, carry an allele that changes the phenotype and that these data do not "
        f"show ({', '.join(alleles[:shown])}{more})"
    )


def hidden_unweighed(alleles: Sequence[str], shown: int) -> str:
    more = f" {and_more(len(alleles) - shown)}" if len(alleles) > shown else ""
    return f"not shown by these data, and how frequent is not known: {', '.join(alleles[:shown])}{more}"


def sentences(*parts: str) -> str:
    return "; ".join(filter(None, parts))


def undocumented(call: DiplotypeCall) -> str:
    return "carries a change that no named allele holds: " + ", ".join(call.undocumented)


def uncallable(alleles: Sequence[str], shown: int = 12) -> str:
    listed = ", ".join(alleles[:shown])
    more = f" {and_more(len(alleles) - shown)}" if len(alleles) > shown else ""
    return f"cannot be told from these data: {listed}{more}"


def bar_of_score(gene: str, said: str, top: str) -> str:
    return f"{gene} activity score {said}, on a scale from 0 to {top}"


def bar_of_level(gene: str, said: str, levels: Sequence[str]) -> str:
    return f"{gene}: {said}, one of {', '.join(levels)}"


STOPPED = "Listed as stopped: no advice was asked for."
NO_ADVICE_BADGE = "No advice"
NO_ADVICE_COMPUTED = "No advice was computed for this medicine."
NO_SUGGESTION = "No medicine with a similar name is known."
NO_DIPLOTYPE = "stated without a diplotype"
BEFORE_FIRST_DOSE = "before the first dose"
TIERS: Mapping[str, str] = {
    "interruptive": "interrupts the order",
    "passive": "shown, does not interrupt",
    "none": "none",
}


def unread(words_left: str) -> str:
    return f"not understood: {words_left}"


def count_unread(count: int) -> str:
    return f"{count} not understood"


POSITIONS = "Positions"

FOOTER = "Decision support, not a medical device"


def in_doubt(headline: str) -> str:
    return f"Not settled: {headline}"


def unlikely_results(count: int) -> str:
    return f"{count} other result{'s' if count != 1 else ''} (each below 1%)"


def weight_of_change(share: float) -> str:
    return f"The result is in doubt: readings of the genes that ask for this, or for more, are {percent(share)} likely."


def cell(gene: str, result: str, badge: str, source: str) -> str:
    return f"{gene} {result}: {badge.lower()} ({source})"


def cell_converted(said: str, genetic: str, agents: Sequence[str]) -> str:
    return f"{said}; the genes alone: {genetic}, changed by {', '.join(agents)}"


def cell_untested(gene: str, drug: str) -> str:
    return f"{gene} matters for {drug} and was not tested"


def works_as(phenotype: str, agents: Sequence[str]) -> str:
    return f"works as {phenotype} with {', '.join(agents)}"


def bar_converted(description: str, clinical: str) -> str:
    return f"{description}; with the other medicines {clinical}"


def strength(grade: str) -> str:
    """``Strong`` as "strong recommendation"; grades that a source does not give are not shown."""
    return "" if grade.casefold() in ("", "n/a", "no recommendation") else f"{grade.lower()} recommendation"


def rests_on(gene: str, genetic: str, agents: Sequence[str]) -> str:
    """Why a medicine has this advice though its genes alone would not give it."""
    alone = "it was not tested" if genetic in ("", "No Result") else f"the genes alone give {genetic}"
    return f"This rests on {either(agents)}: {alone} ({gene})."


def acts_on(gene: str, drugs: Iterable[str]) -> str:
    return f"It changes what {gene} does for {', '.join(drugs)}: see there."


def measured(kind: str, value: Decimal, unit: str) -> str:
    return f"{code_label(kind)} {number(value)} {unit}".strip()
