"""Where the language model is and what it may cost: one TOML file, and ``RXWEAVE_MODEL_*`` of the environment over it.

The key comes from the environment only and shows up nowhere. Without an endpoint nothing is ever sent.
"""

from __future__ import annotations

import ipaddress
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from rxweave.errors import InputError

PREFIX = "RXWEAVE_MODEL_"
#: The environment variable that names the file.
CONFIG = PREFIX + "CONFIG"
#: The environment variable that holds the key, unless ``key_from`` names another.
KEY = PREFIX + "KEY"
#: A model in this process: it has no endpoint.
LOCAL = "local"
RESPONSE_FORMATS = ("json_schema", "json_object", "text")


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """``endpoint``: the address before ``/chat/completions`` or ``/v1/messages``. Seconds, and prices of 1,000 tokens.

    ``temperature`` None sends none, for models that refuse one. ``budget_seconds`` is for all the requests of a
    narrative, ``attempt_seconds`` for one. ``response_format`` is where an OpenAI-compatible server starts; one that
    rejects it is asked with the next weaker. ``api_version`` marks an Azure endpoint. ``token_limit_field`` is the name
    under which the server takes ``max_tokens``. Plain HTTP is for this machine, unless ``allow_plain_http``.
    """

    endpoint: str = ""
    key: str = field(default="", repr=False, compare=False)
    key_from: str = KEY
    temperature: float | None = 0.0
    max_tokens: int = 3000
    budget_seconds: float = 60.0
    attempt_seconds: float = 40.0
    retries: int = 2
    backoff_seconds: float = 1.0
    price_in: float | None = None
    price_out: float | None = None
    response_format: str = "json_schema"
    token_limit_field: str = "max_tokens"  # noqa: S105 - a field's name
    api_version: str = ""
    proxy: str = ""
    max_response_bytes: int = 1_000_000
    allow_plain_http: bool = False


def load_settings(
    dialect: str, path: Path | None = None, environment: Mapping[str, str] | None = None
) -> ModelSettings:
    """The settings for ``openai``, ``anthropic`` or ``local``: the file, its table of that name, then the environment.

    Raises InputError for a file that cannot be read, an unknown or ill-typed setting, a key in the file, or an endpoint
    that is missing, not an address, or not encrypted.
    """
    environment = os.environ if environment is None else environment
    named = environment.get(CONFIG, "")
    path = path or (Path(named) if named else None)
    settings = ModelSettings()
    if path is not None:
        settings = _from_file(settings, path, dialect)
    settings = _from_environment(settings, environment)
    settings = replace(settings, key=environment.get(settings.key_from, "").strip())
    _check(settings, dialect)
    return settings


_TYPES: Mapping[str, type] = {f.name: type(f.default) for f in fields(ModelSettings)} | {
    "temperature": float,
    "price_in": float,
    "price_out": float,
}
_SCHEMES = ("http", "https")
_TABLES = ("openai", "anthropic", LOCAL)


def _from_file(settings: ModelSettings, path: Path, dialect: str) -> ModelSettings:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: the model settings cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError) as error:  # no TOML, no UTF-8, a number of thousands of digits, or a deep nest
        raise InputError(f"{path}: not a TOML file: {error}.") from None
    common = {name: value for name, value in table.items() if name not in _TABLES}
    own = table.get(dialect, {})
    if not isinstance(own, dict):
        raise InputError(f"{path}: [{dialect}] has to be a table, found {own!r}.")
    values = {name: _typed(name, value, str(path)) for name, value in {**common, **own}.items()}
    return replace(settings, **values)


def _typed(name: str, value: object, place: str) -> Any:
    if name == "key":
        raise InputError(f"{place}: keys do not belong in a file. Remove 'key' and set {KEY} in the environment.")
    expected = _TYPES.get(name)
    if expected is None:
        raise InputError(
            f"{place}: unknown setting {name!r}. Settings are {', '.join(sorted(_TYPES.keys() - {'key'}))}."
        )
    if name == "temperature" and value == "none":
        return None
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not expected:
        raise InputError(f"{place}: {name} = {value!r} has to be of type {expected.__name__}.")
    return value


def _from_environment(settings: ModelSettings, environment: Mapping[str, str]) -> ModelSettings:
    values = {}
    for name, expected in _TYPES.items():
        text = environment.get(PREFIX + name.upper(), "").strip()
        if text and name != "key":
            values[name] = _typed(name, _parsed(text, expected), PREFIX + name.upper())
    return replace(settings, **values)


def _parsed(text: str, expected: type) -> object:
    """The text as the type it should have; text that is not stays text, for the message."""
    if expected is bool:
        return {"true": True, "false": False}.get(text.casefold(), text)
    try:
        return expected(text)
    except ValueError:
        return text


def _check(settings: ModelSettings, dialect: str) -> None:
    if dialect != LOCAL:
        _check_endpoint(settings, dialect)
    if not settings.key.isprintable() or not settings.key.isascii():
        raise InputError(f"the key in {settings.key_from} holds characters that no key has. Copy it again.")
    if settings.proxy and _parts(settings.proxy) is None:
        raise InputError("proxy: expected http://HOST:PORT.")
    for name, expected in _TYPES.items():
        if expected is float and not math.isfinite(getattr(settings, name) or 0):
            raise InputError(f"{name} = {getattr(settings, name)}: has to be a finite number.")
    if settings.response_format not in RESPONSE_FORMATS:
        raise InputError(
            f"response_format {settings.response_format!r}: expected one of {', '.join(RESPONSE_FORMATS)}."
        )
    for name in ("max_tokens", "budget_seconds", "attempt_seconds", "max_response_bytes"):
        if not getattr(settings, name) > 0:
            raise InputError(f"{name} = {getattr(settings, name)}: has to be above zero.")
    for name in ("retries", "backoff_seconds", "price_in", "price_out", "temperature"):
        if (getattr(settings, name) or 0) < 0:
            raise InputError(f"{name} = {getattr(settings, name)}: cannot be below zero.")


def _check_endpoint(settings: ModelSettings, dialect: str) -> None:
    if not settings.endpoint:
        raise InputError(
            f"no endpoint for {dialect} models. Set {PREFIX}ENDPOINT, or 'endpoint' in the file that {CONFIG} names; "
            "without one nothing is sent anywhere."
        )
    parts = _parts(settings.endpoint)
    address = settings.endpoint.partition("?")[0].partition("#")[0]
    if parts is None or (parts.username is None and address != settings.endpoint):
        raise InputError(f"endpoint {address.rpartition('@')[2]!r}: expected https://HOST/PATH without query.")
    if parts.username is not None:
        raise InputError(f"endpoint at {parts.hostname!r}: a name or key does not belong in the address. Set {KEY}.")
    if parts.scheme == "http" and not settings.allow_plain_http and not _is_this_machine(parts.hostname):
        raise InputError(
            f"endpoint {settings.endpoint!r} is not encrypted. Use https, or set allow_plain_http = true for a network "
            "that the site trusts."
        )


def _parts(address: str) -> SplitResult | None:
    """The parts of an ``http`` or ``https`` address; None where it is none."""
    try:
        parts = urlsplit(address)
        is_whole = bool(parts.hostname) and parts.scheme in _SCHEMES and parts.port != 0  # port: ValueError above 65535
    except ValueError:
        return None
    return parts if is_whole and address.isprintable() and " " not in address else None


def _is_this_machine(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
