"""How a command ends: what it says on standard error, and its exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TextIO

import typer

from rxweave.errors import PgxError

if TYPE_CHECKING:
    from rxweave.report.call_parts import CallParts


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show what rxweave raises as one paragraph and leave with status 1; anything else is a bug and is shown whole."""
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()  # a full disk speaks up here, not after the exit status is decided
    except PgxError as error:
        say(f"rxweave: {error}")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        _drop(sys.stdout)  # the reader left; nothing more to say
        raise typer.Exit(0) from None
    except OSError as error:
        tell_of_place(error)
        raise typer.Exit(1) from None
    except MemoryError:
        say("rxweave: there is not enough memory for this input. Give fewer samples (--sample) or genes (--genes).")
        raise typer.Exit(1) from None


@contextmanager
def told_of_resume(parts: CallParts | None) -> Iterator[None]:
    """When the work is done the kept parts go; when it is interrupted, say that they stay."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if parts is not None and parts.count:
            say(f"rxweave: interrupted; {parts.count} finished inputs are kept: add --resume to go on from them.")
        raise
    if parts is not None:
        parts.remove()


def tell_of_place(error: OSError) -> None:
    _drop(sys.stdout)
    place = error.filename or "the output"
    say(
        f"rxweave: {place}: {error.strerror or error}. Check that the disk has room and that the place can be read and"
        " written; no file was left half-written."
    )


def _drop(stream: TextIO | None) -> None:
    """Forget what a stream still holds, so that closing it at exit cannot fail again."""
    if stream is not None:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say(text: str) -> None:
    """To standard error, with control characters shown and not obeyed."""
    typer.echo("".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text), err=True)


def keep_inputs(out: Path | None, given: Sequence[Path]) -> None:
    """Refuse to write over a file that is read."""
    for path in given:
        with suppress(OSError):
            if out is not None and out.is_file() and path.samefile(out):
                usage(f"{out}: is an input and would be written over. Name another place with -o.")


def finish(warnings: set[str], errors: list[str], unread: int = 0) -> None:
    for warning in sorted(warnings):
        say(f"warning: {warning}")
    for error in errors:
        say(f"rxweave: {error}")
    if unread:
        what = "1 medication line was" if unread == 1 else f"{unread} medication lines were"
        say(f"rxweave: {what} not understood (see above)")
    if errors or unread:
        raise typer.Exit(1)


def usage(text: str) -> NoReturn:
    say(f"rxweave: {text}")
    raise typer.Exit(2)
