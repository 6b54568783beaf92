"""One line on a terminal that says how far long work is; nothing at all in a pipe or a file."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: Work shorter than this shows nothing, and the line changes no oftener.
_SECONDS = 0.2


@contextmanager
def progress_line() -> Iterator[Callable[[str], None] | None]:
    """A function that shows a text on standard error in place of the one before; None where nobody is watching.

    The line is gone when the block ends.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    stream = sys.stderr
    shown_at = time.monotonic()
    is_shown = False

    def say(text: str) -> None:
        nonlocal shown_at, is_shown
        now = time.monotonic()
        if now - shown_at >= _SECONDS:
            width = shutil.get_terminal_size().columns - 1
            plain = "".join(c if c.isprintable() else "?" for c in text)
            stream.write(f"\r\x1b[K{plain if len(plain) <= width else '...' + plain[3 - width :]}")
            stream.flush()
            shown_at, is_shown = now, True

    try:
        yield say
    finally:
        if is_shown:
            stream.write("\r\x1b[K")
            stream.flush()
