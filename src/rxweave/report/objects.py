"""Advice and the whole report as JSON-ready objects: ``rxweave advise --json`` and ``report.json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from rxweave.guidance.advice import Advice, Disagreement, DrugInteraction, GeneFinding, SiteChange
from rxweave.guidance.secondary import SecondaryFinding
from rxweave.knowledge.guidelines import Branch, Citation, Directive, Dose
from rxweave.narrative import phrase, secondary_phrase
from rxweave.patient.patient import MedicationOrder, Patient
from rxweave.phenotyping.phenoconversion import Modulation
from rxweave.report.calls import call_row
from rxweave.report.model import Report
from rxweave.report.narrative_object import narrative_object
from rxweave.report.panels import panel_object


def advice_object(advice: Advice) -> dict[str, Any]:
    """One drug, source and population. Exact decimals become JSON numbers; coded fields keep their codes."""
    said = phrase(advice)
    directive = directive_object(advice.directive)
    directive.pop("alternatives")  # the advice's own list says more: why, and what speaks against each
    return {
        "drug": advice.drug,
        "rxcui": advice.rxcui,
        "source": advice.source,
        "guideline": advice.guideline,
        "section": advice.section.value if advice.section else None,
        "population": advice.population,
        "headline": advice.is_headline,
        "triggered_by": list(advice.triggered_by),
        "coverage": advice.coverage.value,
        "genes": {gene: _finding(finding) for gene, finding in advice.genes.items()},
        **directive,
        "branches": [_branch(b) for b in advice.branches],
        "population_because": advice.population_because,
        "partial": advice.is_partial,
        "missing": list(advice.missing),
        "tests_to_order": [
            {"gene": t.gene, "why": t.why, "before_first_dose": t.before_first_dose, "method": t.method}
            for t in advice.tests_to_order
        ],
        "possibilities": [
            {
                "genes": dict(p.gene_lookups),
                "probability": round(p.probability, 6),
                "strength": p.strength,
                **directive_object(p.directive),
            }
            for p in advice.possibilities
        ],
        "alternatives": [{"drug": a.drug, "why": a.why, "conflicts": list(a.conflicts)} for a in advice.alternatives],
        "strength": advice.strength,
        "implications": {gene: list(codes) for gene, codes in advice.implications.items()},
        "risks": list(advice.risks),
        "severe_harm": advice.is_severe_harm,
        "disagreements": [_disagreement(d) for d in advice.disagreements],
        "interactions": [_interaction(i) for i in advice.interactions],
        "site_changes": [_site_change(c) for c in advice.site_changes],
        "notes": list(advice.notes),
        "alert_tier": advice.alert_tier.value,
        "tier_because": advice.tier_because,
        "headline_text": said.headline,
        "explanation": said.explanation,
        "implication": said.implication,
        "text": said.text,
        "patient_text": said.patient,
        "evidence": [_citation(c) for c in advice.evidence],
        "trace": [{"step": s.step, "facts": list(s.facts), "result": s.result} for s in advice.trace],
        "knowledge": advice.knowledge,
    }


def directive_object(directive: Directive) -> dict[str, Any]:
    """What to do, as the fields of the clinical vocabulary; absent choices are null, absent lists empty."""
    return {
        "action": directive.action.value,
        "modality": directive.modality.value,
        "reason": directive.reason.value if directive.reason else None,
        "level": directive.level.value if directive.level else None,
        "dose": [_dose(d) for d in directive.dose],
        "alternatives": list(directive.alternatives),
        "monitoring": list(directive.monitoring),
        "not_alternatives": list(directive.not_alternatives),
        "at_dose": directive.at_dose or None,
        "dose_of": directive.dose_of or None,
        "reassess_after": directive.reassess_after or None,
        "choice_with": list(directive.choice_with),
        "avoid_with": list(directive.avoid_with),
        "fallback": directive_object(directive.fallback) if directive.fallback else None,
        "next_step": directive_object(directive.next_step) if directive.next_step else None,
    }


def report_object(report: Report) -> dict[str, Any]:
    """The whole report: what was read, every gene's row, every advice, and what made it."""
    file = report.files[0] if len(report.files) == 1 else None
    return {
        "sample": report.sample,
        "files": list(report.files),
        "made_on": report.made_on.isoformat() if report.made_on else None,
        "notice": report.notice or None,
        "patient": _patient(report.patient),
        "medications": [_order(o) for o in report.medications],
        "calls": [
            call_row(file, report.sample or None, result, report.knowledge_version, report.build)
            for result in report.genes
        ],
        "panel": [panel_object(row) for row in report.panel],
        "advice": [advice_object(a) for a in report.advice],
        "secondary_findings": [_secondary(f) for f in report.secondary],
        "narratives": [narrative_object(n) for n in report.narratives],
        "narratives_withheld": [audience.value for audience in report.withheld],
        "warnings": [
            {"place": w.place, "text": w.text, "gene": w.gene or None, "sample": w.sample or None}
            for w in report.warnings
        ],
        "knowledge": report.knowledge_version,
        "knowledge_hash": report.knowledge_hash,
        "functions": report.function_set,
        "sources": list(report.sources),
        "software": report.software_version,
    }


def advice_json(advices: Iterable[Advice]) -> str:
    """What ``rxweave advise --json`` prints: a list, indented."""
    return _json([advice_object(a) for a in advices])


def report_json(report: Report) -> str:
    """The text of ``report.json``."""
    return _json(report_object(report)) + "\n"


def _json(value: object) -> str:
    """A file name that is not UTF-8 holds lone surrogates: they are written as ``?``."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace").decode()


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _dose(dose: Dose) -> dict[str, Any]:
    return {
        "phase": dose.phase.value,
        "factor_low": _number(dose.factor_low),
        "factor_high": _number(dose.factor_high),
        "cap": _number(dose.cap),
        "cap_exclusive": dose.is_cap_exclusive,
        "floor": _number(dose.floor),
        "usual": _number(dose.usual),
        "factor_exclusive": dose.is_factor_exclusive,
        "direction": dose.direction or None,
        "unit": dose.unit or None,
        "interval": dose.interval or None,
        "schedule": dose.schedule or None,
    }


def _branch(branch: Branch) -> dict[str, Any]:
    return {
        "if": dict(branch.condition.facts),
        **directive_object(branch.directive),
        "evidence": list(branch.evidence),
        "unverified": branch.is_unverified,
    }


def _finding(finding: GeneFinding) -> dict[str, Any]:
    return {
        "diplotype": finding.diplotype,
        "phenotype": finding.phenotype,
        "activity_score": finding.activity_score,
        "genetic_phenotype": finding.genetic_phenotype or finding.phenotype,
        "phenoconverted_by": list(finding.phenoconverted_by),
        "modulations": [_modulation(m) for m in finding.conversion.modulations] if finding.conversion else [],
        "lookup_key": finding.lookup_key,
        "research_grade": finding.result is not None and finding.result.call.is_research_grade,
        "assumed_reference": finding.result is not None and finding.result.call.is_reference_assumed,
    }


def _modulation(modulation: Modulation) -> dict[str, Any]:
    return {
        "agent": modulation.agent,
        "role": modulation.role.value,
        "strength": modulation.strength.value,
        "exposure": modulation.exposure.value,
        "applied": modulation.is_applied,
        "because": modulation.because or None,
        "confidence": modulation.confidence or None,
        "sources": list(modulation.sources),
        "stronger_by": list(modulation.stronger_by),
    }


def _disagreement(disagreement: Disagreement) -> dict[str, Any]:
    return {
        "source": disagreement.source,
        "guideline": disagreement.guideline,
        "population": disagreement.population,
        "action": disagreement.action.value,
        "how": disagreement.how,
        "because": list(disagreement.because),
    }


def _interaction(interaction: DrugInteraction) -> dict[str, Any]:
    return {
        "victim": interaction.victim,
        "perpetrator": interaction.perpetrator,
        "gene": interaction.gene,
        "role": interaction.role.value,
        "strength": interaction.strength.value,
        "effect": interaction.effect,
        "sources": list(interaction.sources),
    }


def _site_change(change: SiteChange) -> dict[str, Any]:
    return {
        "id": change.id,
        "kind": change.kind,
        "owner": change.owner,
        "because": change.because,
        "replaced": change.replaced or None,
    }


def _secondary(finding: SecondaryFinding) -> dict[str, Any]:
    return {
        "gene": finding.gene,
        "class": finding.finding_class,
        "result": finding.result,
        "concerns": list(finding.concerns),
        "emergency_use": finding.is_emergency_use,
        "research_grade": finding.is_research_grade,
        "text": secondary_phrase(finding),
        "evidence": [_citation(c) for c in finding.citations],
    }


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "id": citation.id,
        "pmid": citation.pmid or None,
        "url": citation.url or None,
        "year": citation.year,
        "title": citation.title or None,
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _order(order: MedicationOrder) -> dict[str, Any]:
    return {
        "written": order.written,
        "drug": order.drug or None,
        "rxcui": order.rxcui or None,
        "matched_as": order.matched_as or None,
        "amount": _number(order.amount),
        "amount_high": _number(order.amount_high),
        "unit": order.unit or None,
        "times_per_day": _number(order.times_per_day),
        "daily_dose": _number(order.daily_dose),
        "route": order.route or None,
        "as_needed": order.is_as_needed,
        "started": _day(order.started),
        "stopped": _day(order.stopped),
        "is_stopped": order.is_stopped or order.stopped is not None,
        "tolerated_months": order.tolerated_months,
        "suggestions": list(order.suggestions),
        "unread": order.unread or None,
        "line": order.line,
    }


def _patient(patient: Patient) -> dict[str, Any]:
    return {
        "label": patient.label or None,
        "age_years": _number(patient.age_years),
        "sex": patient.sex.value,
        "weight_kg": _number(patient.weight_kg),
        "height_cm": _number(patient.height_cm),
        "pregnant": patient.pregnant.value,
        "breastfeeding": patient.breastfeeding.value,
        "egfr": _number(patient.egfr),
        "child_pugh": patient.child_pugh or None,
        "conditions": list(patient.conditions),
        "indications": [{"drug": drug, "indication": code} for drug, code in patient.indications],
        "reactions": [{"drug": r.drug, "kind": r.kind, "severe": r.is_severe} for r in patient.reactions],
        "transplants": [{"organ": organ, "date": _day(when)} for organ, when in patient.transplants],
        "transfusions": [_day(day) for day in patient.transfusions],
        "haemolysis": [_day(day) for day in patient.haemolysis],
        "failures": list(patient.failures),
        "smoking": patient.smoking or None,
        "smoking_stopped": _day(patient.smoking_stopped),
        "inflammation": patient.inflammation.value,
        "laboratory": [
            {"kind": v.kind, "value": _number(v.value), "unit": v.unit or None, "date": _day(v.on)}
            for v in patient.laboratory
        ],
        "results": [
            {
                "gene": r.gene or None,
                "method": r.method or None,
                "specimen": r.specimen or None,
                "of": r.of or None,
                "collected": _day(r.collected),
            }
            for r in patient.results
        ],
        "pending_tests": list(patient.pending_tests),
        "consented_findings": None if patient.consented_findings is None else list(patient.consented_findings),
        "group": patient.group or None,
    }
