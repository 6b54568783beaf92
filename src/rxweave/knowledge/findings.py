"""What `rxweave knowledge check` finds: which rule, where, and what a person should know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rxweave.errors import BrokenRelease

_PLACE = re.compile(r"(?P<file>[^\s:]+\.(?:toml|tsv))(?::(?P<line>\d+))?:?\s*(?P<text>.*)", re.DOTALL)


class BrokenRule(BrokenRelease):
    """A rule of the release format is broken at ``place`` (``genes/TPMT/alleles.tsv:12``)."""

    def __init__(self, rule: str, place: str, text: str) -> None:
        super().__init__(f"{place}: {text} [rule {rule}]")
        self.rule, self.place, self.text = rule, place, text

    def __reduce__(self) -> tuple[type[BrokenRule], tuple[str, str, str]]:
        return BrokenRule, (self.rule, self.place, self.text)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding. ``line`` is 0 where it concerns the whole file. A note does not make the release a broken one."""

    rule: str
    file: str
    line: int
    text: str
    is_note: bool = False

    @property
    def is_error(self) -> bool:
        return not self.is_note

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{'note' if self.is_note else 'BROKEN'} [{self.rule}] {place}: {self.text}"


def finding_of(error: BrokenRelease, release: Path, rule: str) -> Finding:
    """A reader's error as a finding; ``rule`` names it where the reader does not."""
    if isinstance(error, BrokenRule):
        file, _, line = error.place.partition(":")
        return Finding(error.rule, file, int(line or 0), error.text)
    message = str(error)
    found = _PLACE.match(message)
    if not found:
        return Finding(rule, "", 0, message)
    path = Path(found["file"])
    file = path.relative_to(release).as_posix() if path.is_relative_to(release) else path.as_posix()
    return Finding(rule, file, int(found["line"] or 0), found["text"])
