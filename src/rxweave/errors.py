"""Every error that rxweave raises, named for what the caller can do about it.

    PgxError
    ├── InputError            the file, message or option is wrong: fix it (command line: exit status 1)
    │   ├── ReferenceMismatch   REF differs from the allele definition: is this the right genome build?
    │   └── UnknownName         a gene, allele, drug or phenotype that the release does not know
    ├── NotCovered            the release holds no rule for this: say so, do not guess
    ├── BrokenRelease         a knowledge release fails its own check
    ├── MissingExtra          an optional dependency is needed: says which to install
    └── ModelFailed           a language model gave no usable answer: the built-in writer stands in for it

Clinical doubt (a gene not called, an unknown function) is never an error: it is a result that a person reads.
"""

from __future__ import annotations


class PgxError(Exception):
    """Root of all errors raised by rxweave."""


class InputError(PgxError):
    """Some input is wrong. The text names the place, what was found, what was expected and what to do."""


class ReferenceMismatch(InputError):
    """The REF bases of a file differ from the allele definitions: most often another genome build."""


class UnknownName(InputError):
    """A gene, allele, drug, phenotype or option value that the knowledge release does not hold."""


class NotCovered(PgxError):
    """The release holds no rule for what was asked."""


class BrokenRelease(PgxError):
    """A knowledge release that fails `rxweave knowledge check`."""


class MissingExtra(PgxError):
    """An optional dependency is missing; the text says which extra to install."""


class ModelFailed(PgxError):
    """A language model gave no usable answer. ``code`` says why: ``timeout``, ``status_429``, ``malformed`` ..."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
