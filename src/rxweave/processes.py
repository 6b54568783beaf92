"""Work spread over the cores of this machine by forked processes: what the parent has in memory they have too.

Nothing is sent to a worker but the numbers of its tasks, and nothing is imported twice, so a worker costs a few
milliseconds. Where processes cannot be forked safely the work is done here, task after task.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeVar

_Result = TypeVar("_Result")
_MOST_TASKS = 256


def usable_cores() -> int:
    """The cores that this process may use; 1 where forking is unknown or unsafe (macOS, Windows, threads at work)."""
    if not sys.platform.startswith("linux") or threading.active_count() > 1:
        return 1
    return len(os.sched_getaffinity(0))


def spread(work: Callable[[int], _Result], tasks: Sequence[int], n_workers: int) -> Iterator[tuple[int, _Result]]:
    """Yield (task, ``work(task)``) as they are done, in any order; the first tasks are begun first.

    With one worker the work is done in this process. Results must be picklable. An exception of a worker is raised
    here; then, and when the caller stops early, the workers are stopped.
    """
    if n_workers < 2 or len(tasks) < 2 or len(tasks) > _MOST_TASKS:
        for task in tasks:
            yield task, work(task)
        return
    from multiprocessing.connection import Connection, Pipe, wait

    # The queue is a pipe that holds one byte a task: reading a byte takes a task, and its end is the end of the work.
    queue, filler = os.pipe()
    os.write(filler, bytes(range(len(tasks))))
    os.close(filler)
    workers: list[int] = []
    connections: list[Connection] = []
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        for _ in range(min(n_workers, len(tasks))):
            mine, theirs = Pipe(duplex=False)
            with warnings.catch_warnings():
                # Python cannot know that the idle threads of a linear algebra library survive a fork.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                _be_worker(work, tasks, queue, theirs)
            workers.append(child)
            theirs.close()
            connections.append(mine)
        waiting = list(connections)
        while waiting:
            for connection in wait(waiting):
                assert isinstance(connection, Connection)  # noqa: S101 - nothing else was given
                try:
                    content = connection.recv_bytes()
                except EOFError:
                    waiting.remove(connection)
                    continue
                task, is_done, result = pickle.loads(content)  # noqa: S301 - from our own child
                if not is_done:
                    raise result
                yield task, result
        for child in list(workers):
            _, status = os.waitpid(child, 0)
            workers.remove(child)
            if status:
                raise RuntimeError(f"a worker process ended early (status {status}); its results are lost")
    finally:
        os.close(queue)
        for connection in connections:
            connection.close()
        for child in workers:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(child, 0)


def _be_worker(work: Callable[[int], _Result], tasks: Sequence[int], queue: int, results: object) -> None:
    """Never returns. Ends by itself when the parent is gone: what it sends then reaches nobody."""
    from multiprocessing.connection import Connection

    assert isinstance(results, Connection)  # noqa: S101
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C too, and stops its workers
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        gc.disable()  # a worker makes results until it ends
        while number := os.read(queue, 1):
            task = tasks[number[0]]
            try:
                message = (task, True, work(task))
            except Exception as error:  # handed to the parent, which raises it
                message = (task, False, error)  # type: ignore[assignment]
            results.send_bytes(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
        status = 0
    except BaseException:  # noqa: S110 - the parent sees the status
        pass
    finally:
        os._exit(status)
