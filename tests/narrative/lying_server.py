"""A local HTTP server that speaks the protocols of OpenAI and Anthropic, and answers as it is told: also with lies.

It reads the facts from the request as a model would, so that an honest answer is possible without a model.
"""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request: where, with which headers, and the bytes of its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def is_anthropic(self) -> bool:
        return self.path.endswith("/v1/messages")

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)

    @property
    def turns(self) -> list[str]:
        return [t["content"] for t in self.payload["messages"] if t["role"] != "system"]

    @property
    def is_repair(self) -> bool:
        return '"replaces"' in self.turns[-1]

    @property
    def facts(self) -> dict[str, dict[str, Any]]:
        """The facts of the case by their ids."""
        lines = self.turns[0].split("\n")
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return {entry["id"]: entry for entry in entries}


Sentences = list[dict[str, Any]]
Behaviour = Callable[["Handler", Asked], None]


def honest(asked: Asked) -> Sentences:
    """Each fact that must be told, in its own words."""
    return [
        {"text": said(entry["fact"]), "facts": [number]}
        for number, entry in asked.facts.items()
        if entry.get("must_be_told")
    ]


def said(clause: str) -> str:
    return clause[0].upper() + clause[1:] + "."


def envelope(asked: Asked, text: str, **changes: Any) -> bytes:
    """A whole answer of the protocol that was asked, with ``text`` as what the model says."""
    if asked.is_anthropic:
        content = [{"type": "text", "text": text}]
        usage = {"input_tokens": 1000, "output_tokens": 200}
        answer: dict[str, Any] = {"role": "assistant", "content": content, "stop_reason": "end_turn", "usage": usage}
    else:
        message = {"role": "assistant", "content": text}
        usage = {"prompt_tokens": 1000, "completion_tokens": 200}
        answer = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}], "usage": usage}
    return json.dumps({**answer, **changes}).encode()


def tool_answer(sentences: Sentences) -> bytes:
    """An answer of Anthropic's tool use, as the tool is asked for."""
    block = {"type": "tool_use", "id": "t1", "name": "write_narrative", "input": {"sentences": sentences}}
    usage = {"input_tokens": 1000, "output_tokens": 200}
    return json.dumps({"content": [block], "stop_reason": "tool_use", "usage": usage}).encode()


def answering(sentences: Callable[[Asked], Sentences]) -> Behaviour:
    """Well-formed answers with these sentences; repairs carry ``replaces``, 0 where the sentences do not say."""

    def behave(handler: Handler, asked: Asked) -> None:
        said = sentences(asked)
        if asked.is_repair:
            said = [{"replaces": 0, **s} for s in said]
        handler.send(envelope(asked, json.dumps({"sentences": said})))

    return behave


def saying(text: str) -> Behaviour:
    return lambda handler, asked: handler.send(envelope(asked, text))


def sending(body: bytes, status: int = 200, **headers: str) -> Behaviour:
    return lambda handler, asked: handler.send(body, status, **headers)


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first request gets the first, and so on; the last one stays."""
    left = list(behaviours)
    return lambda handler, asked: (left.pop(0) if len(left) > 1 else left[0])(handler, asked)


def dripping(seconds: float, *, headers: bool = False) -> Behaviour:
    """A body, or headers, that come byte by byte and never end."""

    def behave(handler: Handler, asked: Asked) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"X-Slow: " if headers else b"Content-Length: 100000\r\n\r\n"))
        while not handler.liar.over.wait(seconds):
            handler.wfile.write(b"x")
            handler.wfile.flush()

    return behave


def hanging(handler: Handler, asked: Asked) -> None:
    handler.liar.over.wait(60)


def resetting(handler: Handler, asked: Asked) -> None:
    """Drops the connection so that the client sees a reset."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


@dataclass
class Liar:
    """A running server: its address, how it behaves, and what it was asked."""

    url: str
    behaviour: Behaviour
    asked: list[Asked] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


class Handler(BaseHTTPRequestHandler):
    liar: Liar
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = Asked(self.path, dict(self.headers.items()), body)
        self.liar.asked.append(asked)
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):  # the client has had enough
            self.liar.behaviour(self, asked)

    def do_GET(self) -> None:
        self.liar.asked.append(Asked(self.path, dict(self.headers.items()), b""))
        self.send(b"{}")

    def send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | named).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def lying_server(behaviour: Behaviour, certificate: tuple[Path, Path] | None = None) -> Iterator[Liar]:
    """With a certificate and its key it speaks HTTPS."""
    liar = Liar("", behaviour)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"liar": liar}))
    server.daemon_threads = True
    liar.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield liar
    finally:
        liar.over.set()
        server.shutdown()
        server.server_close()
