"""Caveats of a gene's calls, from the conditions of PharmCAT's messages: which diplotypes, alleles and missing sites.

The messages' sentences are not taken over; ours are made from the codes elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MESSAGES = "messages/messages.json"


def read_caveats(sources: Path) -> dict[str, list[dict[str, object]]]:
    """Gene -> ``[[caveat]]`` tables, the codes in alphabetical order, then as upstream lists them.

    ``unphased_alternative``: the same genotypes in another phase give other alleles than the diplotype named.
    ``missing_site``: the alleles named (any call, where none is) rest on a site that was not tested.
    """
    caveats: dict[str, list[dict[str, object]]] = {}
    for message in json.loads((sources / MESSAGES).read_text(encoding="utf-8")):
        if message["exception_type"] != "ambiguity":
            continue
        matches: Mapping[str, Any] = message["matches"]
        caveat: dict[str, object] | None = None
        if matches.get("variantsMissing"):
            caveat = {
                "code": "missing_site",
                "alleles": matches.get("hapsCalled") or None,
                "missing_rsids": matches["variantsMissing"],
            }
        elif matches.get("dips"):
            caveat = {"code": "unphased_alternative", "diplotypes": matches["dips"]}
        if caveat is not None:
            caveats.setdefault(matches["gene"], []).append(caveat)
    return {gene: sorted(found, key=lambda c: str(c["code"])) for gene, found in caveats.items()}
