"""Files that are parts of the same people (one a chromosome, say) as one set of genotypes."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from rxweave.calling.genotypes import MISSING, UNDOCUMENTED, FileWarning, Genotypes, SiteCalls
from rxweave.errors import InputError


def merge_genotypes(parts: Sequence[Genotypes]) -> Genotypes:
    """Put parts together; samples stay in the first part's order.

    A site tested in one part only comes from there. Where several tested it and agree it stays; where they differ it is
    missing, with a warning. What one part assumed to be reference never stands against what another tested.

    Raises InputError for no parts, other samples or other genes.
    """
    if not parts:
        raise InputError("no files to merge: give at least one")
    first = parts[0]
    orders = [_order(first, part) for part in parts]
    warnings = dict.fromkeys(_warnings(parts))
    genes: dict[str, SiteCalls] = {}
    for symbol in first.genes:
        merged = first.genes[symbol]
        for part, order in zip(parts[1:], orders[1:], strict=True):
            merged, differing = _merge_gene(merged, part.genes[symbol], order)
            if differing:
                warnings[
                    FileWarning(
                        part.file,
                        f"{differing} genotype(s) of {symbol} differ from an earlier file of the same samples:"
                        " those sites count as not tested. Give each site in one file only",
                        symbol,
                    )
                ] = None
        genes[symbol] = merged
    return Genotypes(
        parts[0].file if len(parts) == 1 else f"{parts[0].file} (+{len(parts) - 1})",
        first.samples,
        MappingProxyType(genes),
        tuple(warnings),
        MappingProxyType(_merge_extra(parts, orders)),
        any(part.is_reference_assumed for part in parts),
        ", ".join(dict.fromkeys(part.build for part in parts)),
    )


def _warnings(parts: Sequence[Genotypes]) -> list[FileWarning]:
    """Those of all parts, without a file's word that it tested nothing where another file did."""
    silent = [not any((calls.codes != MISSING).any() for calls in part.genes.values()) for part in parts]
    return [
        warning
        for part, is_silent in zip(parts, silent, strict=True)
        for warning in part.warnings
        if warning.gene or not is_silent or all(silent)
    ]


def _order(first: Genotypes, part: Genotypes) -> NDArray[np.intp]:
    """For each sample of the first part, its row in this one."""
    if set(part.samples) != set(first.samples):
        only_first = [s for s in first.samples if s not in set(part.samples)][:5]
        only_part = [s for s in part.samples if s not in set(first.samples)][:5]
        sides = ((first.file, only_first), (part.file, only_part))
        said = [f"only in {name}: {', '.join(names)}" for name, names in sides if names]
        raise InputError(
            f"{part.file}: its samples are not those of {first.file} ({'; '.join(said)}). Files to merge must be"
            " parts of the same people. Choose samples that all files hold (--sample), or call the files one by one."
        )
    if part.genes.keys() != first.genes.keys():
        raise InputError(f"{part.file}: read for other genes than {first.file}; read both for the same genes.")
    row_of = {sample: row for row, sample in enumerate(part.samples)}
    return np.array([row_of[sample] for sample in first.samples], np.intp)


def _merge_gene(one: SiteCalls, other: SiteCalls, order: NDArray[np.intp]) -> tuple[SiteCalls, int]:
    """Merge two parts of one gene; also the number of genotypes that differ."""
    other_codes = other.codes[order]
    tested_one = _tested(one, one.codes)
    tested_other = _tested(other, other_codes)
    if not tested_other.any() and one.assumed is None:
        return one, 0
    other_codes, undocumented = _with_codes_of(one, other, other_codes)
    takes_other = tested_other & ~tested_one
    if one.assumed is not None and other.assumed is not None:
        # A record that could not be called stands for more than an assumption made without any record.
        takes_other |= one.assumed & ~other.assumed
    differs = tested_one & tested_other & (np.sort(one.codes, axis=2) != np.sort(other_codes, axis=2)).any(axis=2)
    other_phased = other.is_phased[order]
    swapped = tested_one & tested_other & ~differs & one.is_phased & other_phased
    differs |= swapped & (one.codes != other_codes).any(axis=2)
    phased_only_there = tested_one & tested_other & ~differs & ~one.is_phased & other_phased
    takes_other |= phased_only_there
    codes = np.where(takes_other[:, :, None], other_codes, one.codes)
    codes[differs] = MISSING
    is_phased = np.where(takes_other, other_phased, one.is_phased) & ~differs
    phase_set = np.where(takes_other, other.phase_set[order], one.phase_set)
    assumed = None
    if one.assumed is not None and other.assumed is not None:
        assumed = one.assumed & other.assumed
    merged = SiteCalls(one.gene, codes, is_phased, phase_set, MappingProxyType(undocumented), assumed)
    return merged, int(differs.sum())


def _tested(calls: SiteCalls, codes: NDArray[np.int8]) -> NDArray[np.bool_]:
    """bool (n_samples, n_sites): the part holds a genotype of its own here."""
    tested: NDArray[np.bool_] = (codes != MISSING).any(axis=2)
    return tested if calls.assumed is None else tested & ~calls.assumed


def _with_codes_of(
    one: SiteCalls, other: SiteCalls, other_codes: NDArray[np.int8]
) -> tuple[NDArray[np.int8], dict[int, tuple[str, ...]]]:
    """Give the other part's undocumented alleles the codes that they have in the first."""
    undocumented = dict(one.undocumented)
    codes = other_codes.copy()
    for site, alts in other.undocumented.items():
        known = list(undocumented.get(site, ()))
        known += [alt for alt in alts if alt not in known]
        undocumented[site] = tuple(known)
        for k, alt in enumerate(alts):
            code = min(UNDOCUMENTED + known.index(alt), 127)
            codes[:, site][other_codes[:, site] == UNDOCUMENTED + k] = code
    return codes, undocumented


def _merge_extra(parts: Sequence[Genotypes], orders: Sequence[NDArray[np.intp]]) -> dict[str, NDArray[np.int8]]:
    """Sites of no allele: the first part that tested one speaks for it; where others differ it is missing."""
    merged: dict[str, NDArray[np.int8]] = {}
    for part, order in zip(parts, orders, strict=True):
        for rsid, codes in part.extra.items():
            here = codes[order]
            before = merged.get(rsid)
            if before is None:
                merged[rsid] = here.copy()
                continue
            is_new = (before == MISSING).all(axis=1)
            tested = (here != MISSING).any(axis=1)
            differs = ~is_new & tested & (np.sort(before, axis=1) != np.sort(here, axis=1)).any(axis=1)
            before[is_new] = here[is_new]
            before[differs] = MISSING
    return merged
