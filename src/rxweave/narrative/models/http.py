"""One POST with a hard deadline and a limit on size. Nothing is followed, decoded or trusted."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rxweave.errors import ModelFailed
from rxweave.narrative.models.model import Deadline

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True, slots=True)
class Request:
    """``headers`` may hold a key: they are not shown."""

    url: str
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        return f"Request({self.url!r}, {len(self.body)} bytes)"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    retry_after: str
    body: bytes


def post(request: Request, seconds: float, max_bytes: int, proxy: str = "") -> Response:
    """The server's response. Raises ModelFailed when it cannot be had whole, in time, and within ``max_bytes``.

    Only the address asked for is spoken to: redirects are not followed, proxies and passwords of the environment are
    not used. Certificates are verified. Compressed bodies are refused, as they may be far larger than they look.
    """
    import httpx2  # only where a model is asked

    # Timeouts of the client are per read, so a server that drips bytes outlasts them: another thread does the reading,
    # and this one waits no longer than it is allowed to.
    client = httpx2.Client(
        timeout=seconds, trust_env=False, proxy=proxy or None, limits=httpx2.Limits(max_keepalive_connections=0)
    )
    done: queue.SimpleQueue[Response | ModelFailed] = queue.SimpleQueue()
    deadline = Deadline(seconds)
    reading = threading.Thread(target=lambda: done.put(_outcome(client, request, deadline, max_bytes)), daemon=True)
    reading.start()
    try:
        outcome = done.get(timeout=seconds)
    except queue.Empty:
        outcome = ModelFailed("timeout", "the server took too long")
    finally:
        client.close()
    if isinstance(outcome, ModelFailed):
        raise outcome
    return outcome


def _outcome(client: httpx2.Client, request: Request, deadline: Deadline, max_bytes: int) -> Response | ModelFailed:
    import httpx2

    headers = {**request.headers, "Accept-Encoding": "identity", "Content-Type": "application/json"}
    try:
        with client.stream("POST", request.url, content=request.body, headers=headers) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                return ModelFailed("compressed", "the server compressed its answer, which was not asked for")
            body = bytearray()
            for piece in response.iter_raw():
                body += piece
                if len(body) > max_bytes:
                    return ModelFailed("too_large", f"the answer is larger than {max_bytes} bytes")
                if not deadline.left:
                    return ModelFailed("timeout", "the server took too long")
            return Response(response.status_code, response.headers.get("Retry-After", ""), bytes(body))
    except httpx2.TimeoutException:
        return ModelFailed("timeout", "the server took too long")
    except (httpx2.HTTPError, httpx2.StreamError, OSError, RuntimeError) as error:
        return ModelFailed("unreachable", f"the server cannot be reached ({type(error).__name__})")
