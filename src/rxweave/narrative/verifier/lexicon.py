"""The lexicon of one language: what its words and phrases mean, read from ``lexicon/<language>.toml``.

The words that every code of the advice already has (``terms/<language>.toml``) count too. A word of theirs that the
lexicon does not list means itself: only a fact whose own words hold it allows it.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from rxweave.knowledge.compiled import kept
from rxweave.knowledge.drugs import Drug
from rxweave.knowledge.folder import CURRENT, release_folder
from rxweave.knowledge.guideline_files import GENES_ELSEWHERE_FILE, read_genes_elsewhere
from rxweave.knowledge.release import load_release
from rxweave.narrative.verifier.items import Kind
from rxweave.narrative.verifier.phrases import TOKEN, Meaning, PhraseTable, Stems, expanded
from rxweave.narrative.words import Words, drug_names, words

#: The language whose file holds the sections of codes too: roles, families and harms.
CODES_IN = "en"

#: Sections of the file whose keys are meanings of one kind.
_SECTIONS = (
    Kind.REFUSED,
    Kind.ACTION,
    Kind.MODAL,
    Kind.USE,
    Kind.MARKER,
    Kind.READING,
    Kind.PHASE,
    Kind.PHENOTYPE,
    Kind.COMPARISON,
    Kind.DIRECTION,
    Kind.DEGREE,
    Kind.CERTAINTY,
    Kind.NEGATION,
    Kind.TOPIC,
    Kind.CONCEPT,
    Kind.SOURCE,
    Kind.PRONOUN,
    Kind.CLAUSE,
    Kind.JOIN,
    Kind.LINK,
    Kind.NEUTRAL,
)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """``table`` holds phrases, ``units`` and ``per`` what stands behind a number, ``numbers`` words that are numbers.

    ``own`` are words that mean themselves. ``says`` are further wordings of codes, by section and code. ``shares`` are
    words of a share (``half`` -> 50), ``decimal`` is the sign of decimals, ``around`` are the small words that tell
    "50% of" from "by 50%".
    """

    language: str
    table: PhraseTable
    units: PhraseTable
    per: PhraseTable
    numbers: Mapping[str, str]
    shares: PhraseTable
    times: PhraseTable
    around: Mapping[str, frozenset[str]]
    own: frozenset[str]
    stems: Stems
    says: Mapping[str, Mapping[str, tuple[str, ...]]]
    decimal: str
    families: Mapping[str, Mapping[str, tuple[str, ...]]]
    harms: frozenset[str]
    licence: Mapping[str, Any]
    words: Words
    boilerplate: frozenset[str]
    drugs: Mapping[str, Drug]


@functools.cache
def lexicon(language: str = "en") -> Lexicon:
    """The lexicon of a language. Raises FileNotFoundError where there is no such file.

    Unfolding its phrases takes a third of a second, so it is kept between processes.
    """
    folder = resources.files("rxweave.narrative")
    files = [f for part in ("lexicon", "terms") for f in (folder / part).iterdir() if language in f.name.split(".")]
    texts = [f.name.encode() + b"\0" + f.read_bytes() for f in sorted(files, key=lambda f: (f.name, str(f)))]
    made_from = b"\0".join((*texts, load_release().hash.encode()))
    return kept("lexicon", made_from, Path(__file__).parent, lambda: _made(language))


def _made(language: str) -> Lexicon:
    folder = resources.files("rxweave.narrative")
    table = tomllib.loads((folder / "lexicon" / f"{language}.toml").read_text(encoding="utf-8"))
    codes = table if language == CODES_IN else _codes(folder)
    terms = tomllib.loads((folder / "terms" / f"{language}.toml").read_text(encoding="utf-8"))
    plain = folder / "terms" / f"narrative.{language}.toml"
    written = tomllib.loads(plain.read_text(encoding="utf-8")) if plain.is_file() else {}
    grammar = table["grammar"]
    stems = Stems(grammar["endings"], grammar["shortest_stem"], grammar["spellings"])
    drugs = load_release().drugs
    phrases = PhraseTable(stems)
    possessives = tuple(expanded(table["around"]["possessive"]))
    for phrase, meaning in _drug_phrases(drugs, drug_names(language), possessives):
        phrases.add(phrase, meaning)
    phrases.extend(_gene_phrases(grammar))
    phrases.extend(_phrases(table))
    says = {
        section: {code: tuple(expanded(text)) for code, text in codes.items()}
        for section, codes in table.get("says", {}).items()
    }
    own = _own_words(terms, says, phrases, stems)
    return Lexicon(
        language=language,
        table=phrases,
        units=_meanings(table["unit"], stems),
        per=_meanings(table["per"], stems),
        numbers={word: number for number, line in table["number"].items() for word in expanded(line)},
        shares=_meanings(table["share"], stems),
        times=_meanings(table["times"], stems),
        around={key: frozenset(expanded(text)) for key, text in table["around"].items()},
        own=own,
        stems=stems,
        says=says,
        decimal=grammar["decimal"],
        families={kind: _by_code(families) for kind, families in codes["family"].items()},
        harms=frozenset(codes["harm"]["codes"]) | {"w:" + w for w in _own_words(terms["risk"], {}, phrases, stems)},
        licence={**codes["licence"], **table["licence"]},
        words=words(language),
        boilerplate=frozenset(_strings(written.get("boilerplate", {}))),
        drugs=drugs,
    )


def _codes(folder: Traversable) -> Mapping[str, Any]:
    """The sections of codes, which hold no words and are the same in every language."""
    table = tomllib.loads((folder / "lexicon" / f"{CODES_IN}.toml").read_text(encoding="utf-8"))
    is_of_codes = (key for key in table["licence"] if not key.startswith("why_"))
    return {
        "family": table["family"],
        "harm": table["harm"],
        "licence": {key: table["licence"][key] for key in is_of_codes},
    }


def _phrases(table: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for line, text in table["composed"].items():
        meaning = tuple((Kind(part.partition(":")[0]), part.partition(":")[2]) for part in line.split())
        for phrase in expanded(text):
            yield phrase, meaning
    for kind in _SECTIONS:
        for code, text in table.get(kind.value, {}).items():
            for phrase in expanded(text):
                yield phrase, ((kind, code),)


def _drug_phrases(
    drugs: Mapping[str, Drug], names: Mapping[str, str], possessives: Iterable[str]
) -> Iterator[tuple[str, Meaning]]:
    """``names`` are the names of drugs in the language, where it has its own; ``possessives`` are never read."""
    for name, drug in drugs.items():
        for phrase in (names.get(name, name), name, *drug.synonyms, *drug.brands):
            for ending in possessives:  # "St. John's wort"
                phrase = phrase.replace(ending, "")
            yield phrase, ((Kind.DRUG, name),)
            if "." in phrase:
                yield phrase.replace(".", ""), ((Kind.DRUG, name),)


def _gene_phrases(grammar: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for symbol in _gene_symbols():
        yield symbol, ((Kind.GENE, symbol),)
        for prefix in grammar["gene_prefixes"]:
            yield f"{prefix} {symbol}", ((Kind.GENE, symbol),)
    for symbol, text in grammar.get("genes", {}).items():
        for phrase in expanded(text):
            yield phrase, ((Kind.GENE, symbol),)


def _by_code(families: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for family, codes in families.items():
        for code in codes:
            found[code] = (*found.get(code, ()), family)
    return found


def _gene_symbols() -> list[str]:
    """Genes of the release, those that its guidelines name and it has no rules for, and enzymes of interactions."""
    release = load_release()
    elsewhere = read_genes_elsewhere(release_folder(CURRENT) / "guidelines" / GENES_ELSEWHERE_FILE)
    return sorted({*release.genes, *elsewhere, *(i.gene for i in release.interactions if " " not in i.gene)})


def _meanings(section: Mapping[str, str], stems: Stems) -> PhraseTable:
    found = PhraseTable(stems)
    for code, text in section.items():
        for phrase in expanded(text):
            found.add(phrase, ((Kind.NEUTRAL, code),))
    return found


def _own_words(
    terms: Mapping[str, Any], says: Mapping[str, Mapping[str, tuple[str, ...]]], table: PhraseTable, stems: Stems
) -> frozenset[str]:
    """Stems of the words of all codes that the lexicon does not explain."""
    texts = [*_strings(terms), *(t for codes in says.values() for phrases in codes.values() for t in phrases)]
    own: set[str] = set()
    for text in texts:
        found = [m.group() for m in TOKEN.finditer(text.casefold()) if m.lastgroup == "word"]
        own.update(stems.of(w) for w in found if table.longest([w], 0) is None)
    return frozenset(own)


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)
