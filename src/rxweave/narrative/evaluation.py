"""How good a writer is: the fixed cases for each audience, written, verified and measured.

Every measure is taken of the narratives one by one and kept, so that two writers, models or versions of a prompt can be
held side by side and a worse one is seen before anyone reads it.
"""

from __future__ import annotations

import json
import statistics
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from rxweave.errors import InputError
from rxweave.narrative.agreement import disagreeing
from rxweave.narrative.cases import Case, case_set
from rxweave.narrative.models.model import Model
from rxweave.narrative.models.settings import ModelSettings
from rxweave.narrative.narrate import BUILTIN, Trial, model_named, narrate, try_prompt
from rxweave.narrative.narrative import Audience, Narrative, Sentence, SentenceKind, Verification
from rxweave.narrative.prompts import Prompt, prompt_for
from rxweave.narrative.reading import reading_grade
from rxweave.narrative.verifier import verify

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Score:
    """One narrative of one case.

    ``drafted``: sentences of the writer's first answer; ``accepted``: those of them that the verifier accepted.
    ``kept``, ``repaired``, ``replaced``: sentences of the narrative, without standing ones, that are of the first
    answer, of the second, and the built-in writer's where a model's should stand. ``left_out``: essential facts that
    the first answer did not tell. ``refused``: the verifier's codes, of the first answer. ``failure``: why there was no
    usable answer. ``is_proved``: the narrative that came of it, by the verifier; ``disagreeing``: drugs of which it
    asks something else than the advice. ``grade`` is the reading grade of letters to patients, None of the others.
    ``seconds`` are of all of it, waiting included.
    """

    case: str
    split: str
    audience: str
    drafted: int
    accepted: int
    kept: int
    repaired: int
    replaced: int
    left_out: int
    words: int
    seconds: float
    grade: float | None = None
    refused: Mapping[str, int] = field(default_factory=dict)
    failure: str = ""
    is_proved: bool = True
    disagreeing: tuple[str, ...] = ()
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """Shares of 1; None where there is nothing to take a share of.

    ``accepted_share``: of the drafted sentences. ``kept_share``, ``repaired_share`` and ``replaced_share`` add up to 1:
    where the sentences of the narratives come from. ``complete_share``: the narratives whose first answer left nothing
    essential out. ``failed_share``: those without a usable answer. ``agreement``: those that ask of each drug what the
    advice asks; ``proved_share``: those that the verifier proves; both have to be 1.
    """

    narratives: int
    accepted_share: float | None
    kept_share: float | None
    repaired_share: float | None
    replaced_share: float | None
    complete_share: float | None
    failed_share: float | None
    agreement: float | None
    proved_share: float | None
    words: float | None  # median
    grade: float | None  # highest
    seconds: float | None  # median
    slowest: float | None
    tokens_in: int
    tokens_out: int
    cost: float | None  # a narrative, in the mean


@dataclass(frozen=True, slots=True)
class Evaluation:
    """``prompts``: audience -> name of the prompt, empty for the built-in writer. ``cases``: the set and its hash."""

    writer: str
    prompts: Mapping[str, str]
    cases: str
    release: str
    language: str
    seed: int
    scores: tuple[Score, ...]

    @property
    def totals(self) -> Totals:
        return totals(self.scores)

    @property
    def audiences(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(s.audience for s in self.scores))

    def of(self, audience: str) -> Totals:
        return totals([s for s in self.scores if s.audience == audience])

    @property
    def refused(self) -> Counter[str]:
        """The verifier's codes -> how often, over all first answers."""
        return sum((Counter(s.refused) for s in self.scores), Counter[str]())

    def json(self) -> dict[str, Any]:
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in ("writer", "cases", "release", "language", "seed")},
            "prompts": dict(self.prompts),
            "totals": asdict(self.totals),
            "by_audience": {audience: asdict(self.of(audience)) for audience in self.audiences},
            "refused": dict(self.refused.most_common()),
            "scores": [asdict(score) for score in self.scores],
        }


def evaluate(
    writer: str | Model,
    cases: Sequence[Case],
    audiences: Iterable[Audience] = tuple(Audience),
    *,
    prompts: Collection[Prompt] = (),
    language: str = "en",
    seed: int = 0,
    settings: ModelSettings | None = None,
) -> Evaluation:
    """The writer over all the cases for all the audiences. ``prompts`` stand in for the installed ones.

    Raises InputError for a writer or settings that cannot be used, a prompt in another language, or no cases.
    """
    if not cases:
        raise InputError("there is no case to evaluate a writer on.")
    audiences = tuple(audiences)
    if writer == BUILTIN:
        chosen: dict[Audience, Prompt] = {}
        model = None
    else:
        model = model_named(writer, settings) if isinstance(writer, str) else writer
        chosen = {a: prompt_for(a, language) for a in audiences} | _own(prompts, language)
    scores = [_score(case, a, model, chosen.get(a), language, seed) for case in cases for a in audiences]
    return Evaluation(
        writer=model.name if model else BUILTIN,
        prompts={a.value: p.name for a, p in chosen.items() if a in audiences},
        cases=case_set(),
        release=cases[0].sheet.release,
        language=language,
        seed=seed,
        scores=tuple(scores),
    )


def _own(prompts: Collection[Prompt], language: str) -> dict[Audience, Prompt]:
    for prompt in prompts:
        if prompt.language != language:
            raise InputError(f"prompt {prompt.name!r} is in language {prompt.language!r}, expected {language!r}.")
    return {prompt.audience: prompt for prompt in prompts}


def _score(
    case: Case, audience: Audience, model: Model | None, prompt: Prompt | None, language: str, seed: int
) -> Score:
    started = time.perf_counter()
    if model is None or prompt is None:
        narrative = narrate(case.advices, case.patient, audience, language=language, seed=seed)
        trial = None
    else:
        trial = try_prompt(case.advices, case.patient, prompt, model, seed=seed)
        narrative = trial.narrative
    seconds = time.perf_counter() - started
    verification = verify(narrative, case.advices, case.patient)
    is_letter = audience is Audience.PATIENT
    usage = narrative.usage
    return Score(
        case=case.id,
        split=case.split.value,
        audience=audience.value,
        **(_of_trial(trial) if trial else _of_builtin(narrative, verification)),
        words=len(narrative.text.split()),
        seconds=round(seconds, 4),
        grade=round(reading_grade(narrative.text, language), 2) if is_letter else None,
        is_proved=verification.holds,
        disagreeing=tuple(d.drug for d in disagreeing(narrative.sentences, case.advices, language)),
        requests=usage.requests,
        tokens_in=usage.tokens_in,
        tokens_out=usage.tokens_out,
        cost=usage.cost,
    )


def _of_builtin(narrative: Narrative, verification: Verification) -> dict[str, Any]:
    said = _said(narrative)
    refused = Counter(r.code for r in verification.refusals if r.sentence >= 0)
    accepted = [s for place, s in enumerate(narrative.sentences) if s in said and not verification.of_sentence(place)]
    return {
        "drafted": len(said),
        "accepted": len(accepted),
        "kept": len(said),
        "repaired": 0,
        "replaced": 0,
        "left_out": len(verification.of_sentence(-1)),
        "refused": dict(refused),
    }


def _of_trial(trial: Trial) -> dict[str, Any]:
    first = [m for m in trial.marked if not m.is_repair]
    accepted = {m.sentence.text for m in first if m.is_accepted}
    said = _said(trial.narrative)
    replaced = sum(bool(s.because) for s in said)
    kept = sum(not s.because and s.text in accepted for s in said)
    return {
        "drafted": len(first),
        "accepted": sum(m.is_accepted for m in first),
        "kept": kept,
        "repaired": len(said) - kept - replaced,
        "replaced": replaced,
        "left_out": len(trial.missing),
        "refused": dict(Counter(r.code for m in first for r in m.refusals)),
        "failure": trial.failure,
    }


def _said(narrative: Narrative) -> list[Sentence]:
    return [s for s in narrative.sentences if s.kind is not SentenceKind.BOILERPLATE]


def totals(scores: Sequence[Score]) -> Totals:
    said = sum(s.kept + s.repaired + s.replaced for s in scores)
    costs = [s.cost for s in scores if s.cost is not None]
    grades = [s.grade for s in scores if s.grade is not None]
    return Totals(
        narratives=len(scores),
        accepted_share=_share(sum(s.accepted for s in scores), sum(s.drafted for s in scores)),
        kept_share=_share(sum(s.kept for s in scores), said),
        repaired_share=_share(sum(s.repaired for s in scores), said),
        replaced_share=_share(sum(s.replaced for s in scores), said),
        complete_share=_share(sum(not s.left_out and not s.failure for s in scores), len(scores)),
        failed_share=_share(sum(bool(s.failure) for s in scores), len(scores)),
        agreement=_share(sum(not s.disagreeing for s in scores), len(scores)),
        proved_share=_share(sum(s.is_proved for s in scores), len(scores)),
        words=statistics.median(s.words for s in scores) if scores else None,
        grade=max(grades, default=None),
        seconds=statistics.median(s.seconds for s in scores) if scores else None,
        slowest=max((s.seconds for s in scores), default=None),
        tokens_in=sum(s.tokens_in for s in scores),
        tokens_out=sum(s.tokens_out for s in scores),
        cost=sum(costs) / len(costs) if costs else None,
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 5) if whole else None


# ---------------------------------------------------------------- comparing


@dataclass(frozen=True, slots=True)
class Worse:
    """A measure that is worse than before. ``audience`` is empty for all of them together."""

    measure: str
    audience: str
    before: float | None
    now: float | None


#: Measures that a change of model or prompt may not make worse, and whether more is better.
_MEASURES = {
    "accepted_share": True,
    "kept_share": True,
    "replaced_share": False,
    "complete_share": True,
    "failed_share": False,
    "agreement": True,
    "proved_share": True,
    "grade": False,
}
#: These have to be 1, whatever they were before.
MUST_BE_WHOLE = ("agreement", "proved_share")


def worse(now: Evaluation, before: Evaluation, tolerance: float = 0.01) -> tuple[Worse, ...]:
    """What is worse by more than ``tolerance``, over all and for each audience.

    Raises InputError where the two were measured on other cases, audiences, releases or in another language.
    """
    for name in ("cases", "release", "language", "audiences"):
        mine, theirs = getattr(now, name), getattr(before, name)
        if mine != theirs:
            raise InputError(f"the baseline has {name} {theirs!r}, this evaluation {mine!r}: measure it again.")
    if {(s.case, s.audience) for s in now.scores} != {(s.case, s.audience) for s in before.scores}:
        raise InputError("the baseline is of other cases than this evaluation: measure it again.")
    pairs = [("", now.totals, before.totals), *((a, now.of(a), before.of(a)) for a in now.audiences)]
    return tuple(w for audience, mine, theirs in pairs for w in _worse(audience, mine, theirs, tolerance))


def _worse(audience: str, now: Totals, before: Totals, tolerance: float) -> Iterator[Worse]:
    for measure, is_more_better in _MEASURES.items():
        mine, theirs = getattr(now, measure), getattr(before, measure)
        if measure in MUST_BE_WHOLE:
            is_worse = mine != 1
        elif mine is None or theirs is None:
            is_worse = mine is None and theirs is not None
        else:
            is_worse = (theirs - mine if is_more_better else mine - theirs) > tolerance
        if is_worse:
            yield Worse(measure, audience, theirs, mine)


def read_evaluation(path: Path) -> Evaluation:
    """An evaluation that was written as JSON; its totals are taken from its scores again. Raises InputError."""
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        if table["format"] != FORMAT:
            raise InputError(f"{path}: format {table['format']!r}: this version reads {FORMAT}. Measure it again.")
        scores = [Score(**{**entry, "disagreeing": tuple(entry["disagreeing"])}) for entry in table["scores"]]
        named = {name: table[name] for name in ("writer", "prompts", "cases", "release", "language", "seed")}
    except OSError as error:
        raise InputError(f"{path}: the evaluation cannot be read ({error.strerror}).") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not an evaluation as 'rxweave narrative eval -o' writes it ({type(error).__name__}: {error})."
        ) from None
    return Evaluation(**named, scores=tuple(scores))
