"""Settings of language models: one file and the environment, and a key that is seen nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rxweave.errors import InputError
from rxweave.narrative.models import load_settings, model_of

HERE = {"RXWEAVE_MODEL_ENDPOINT": "http://localhost:8000/v1"}


def test_the_environment_alone_is_enough() -> None:
    settings = load_settings("openai", environment={**HERE, "RXWEAVE_MODEL_KEY": " k ", "RXWEAVE_MODEL_RETRIES": "5"})
    assert (settings.endpoint, settings.key, settings.retries) == ("http://localhost:8000/v1", "k", 5)
    assert (settings.temperature, settings.price_in) == (0.0, None)


def test_a_table_stands_over_the_file_and_the_environment_over_both(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(
        'endpoint = "https://a.example/v1"\nmax_tokens = 10\nretries = 1\nprice_in = 3\n'
        '[anthropic]\nendpoint = "https://b.example"\nmax_tokens = 20\ntemperature = "none"\n',
        encoding="utf-8",
    )
    environment = {"RXWEAVE_MODEL_CONFIG": str(file), "RXWEAVE_MODEL_RETRIES": "7"}
    openai = load_settings("openai", environment=environment)
    anthropic = load_settings("anthropic", environment=environment)
    assert (openai.endpoint, openai.max_tokens, openai.retries) == ("https://a.example/v1", 10, 7)
    assert (anthropic.endpoint, anthropic.max_tokens, anthropic.temperature) == ("https://b.example", 20, None)
    assert anthropic.price_in == 3.0


def test_the_key_may_stand_in_another_variable() -> None:
    environment = {**HERE, "RXWEAVE_MODEL_KEY_FROM": "SITE_KEY", "SITE_KEY": "s3cret", "RXWEAVE_MODEL_KEY": "other"}
    settings = load_settings("openai", environment=environment)
    assert settings.key == "s3cret"
    assert "s3cret" not in repr(settings) + repr(model_of("openai:m", settings))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('key = "abc"', "keys do not belong in a file"),
        ("max_token = 3", "unknown setting 'max_token'"),
        ('max_tokens = "3"', "max_tokens = '3' has to be of type int"),
        ("max_tokens = true", "max_tokens = True has to be of type int"),
        ("max_tokens = 0", "max_tokens = 0: has to be above zero"),
        ("budget_seconds = -1", "budget_seconds = -1.0: has to be above zero"),
        ("price_in = -1", "price_in = -1.0: cannot be below zero"),
        ('response_format = "xml"', "response_format 'xml': expected one of json_schema"),
        ("openai = 3", "[openai] has to be a table"),
        ("endpoint = ", "not a TOML file"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "models.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=re.escape(message)):
        load_settings("openai", file, HERE)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape(str(tmp_path / "none.toml"))):
        load_settings("openai", tmp_path / "none.toml", HERE)


@pytest.mark.parametrize(
    ("endpoint", "message"),
    [
        ("", "no endpoint for openai models"),
        ("model.example/v1", "expected https://HOST/PATH"),
        ("ftp://model.example", "expected https://HOST/PATH"),
        ("https://model.example/v1?key=abc", "expected https://HOST/PATH"),
        ("http://model.example/v1", "is not encrypted"),
        ("http://10.0.0.7/v1", "is not encrypted"),
    ],
)
def test_an_endpoint_has_to_be_an_encrypted_address(endpoint: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        load_settings("openai", environment={"RXWEAVE_MODEL_ENDPOINT": endpoint})


@pytest.mark.parametrize(
    "endpoint",
    ["https://me:s3cret@model.example/v1", "https://model.example/v1?key=s3cret", "https://model.example/v1#s3cret"],
)
def test_a_secret_in_the_address_is_refused_and_not_repeated(endpoint: str) -> None:
    with pytest.raises(InputError, match=re.escape("model.example")) as error:
        load_settings("openai", environment={"RXWEAVE_MODEL_ENDPOINT": endpoint})
    assert "s3cret" not in str(error.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1/v1", "http://[::1]:1/v1", "http://localhost/v1"])
def test_this_machine_needs_no_encryption(endpoint: str) -> None:
    assert load_settings("openai", environment={"RXWEAVE_MODEL_ENDPOINT": endpoint}).endpoint == endpoint


def test_a_site_may_trust_its_network() -> None:
    environment = {"RXWEAVE_MODEL_ENDPOINT": "http://gpu.local/v1", "RXWEAVE_MODEL_ALLOW_PLAIN_HTTP": "true"}
    assert load_settings("openai", environment=environment).allow_plain_http


@pytest.mark.parametrize("writer", ["openai", "openai:", "anthropic: ", "gemini:x", "", "builtin:x"])
def test_a_writer_is_a_dialect_and_a_model(writer: str) -> None:
    with pytest.raises(InputError, match="expected builtin, openai:MODEL, anthropic:MODEL or local:FOLDER"):
        model_of(writer, load_settings("openai", environment=HERE))


def test_a_model_may_have_a_colon_in_its_name() -> None:
    assert model_of("openai:llama3:8b", load_settings("openai", environment=HERE)).name == "openai:llama3:8b"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ENDPOINT", "https://[::1", "endpoint 'https://"),
        ("ENDPOINT", "https://h:99999/v1", "endpoint 'https://h:99999/v1': expected"),
        ("ENDPOINT", "https://h\n/v1", "endpoint .* expected"),
        ("ENDPOINT", "https://a host/v1", "endpoint .* expected"),
        ("PROXY", "nonsense", "proxy: expected http://HOST:PORT"),
        ("PROXY", "ftp://x", "proxy: expected"),
        ("KEY", "ключ", "the key in RXWEAVE_MODEL_KEY holds characters that no key has"),
        ("KEY", "a\nX-Header: b", "the key in RXWEAVE_MODEL_KEY"),
        ("BUDGET_SECONDS", "inf", "budget_seconds = inf: has to be a finite number"),
        ("TEMPERATURE", "nan", "temperature = nan: has to be a finite number"),
        ("BACKOFF_SECONDS", "nan", "backoff_seconds = nan"),
        ("PRICE_IN", "inf", "price_in = inf"),
    ],
)
def test_what_no_request_could_be_made_with_is_refused_before_one_is_made(name: str, value: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_settings("openai", environment={**HERE, f"RXWEAVE_MODEL_{name}": value})


def test_a_secret_in_an_address_that_is_none_is_not_repeated() -> None:
    with pytest.raises(InputError, match="endpoint") as caught:
        load_settings("openai", environment={"RXWEAVE_MODEL_ENDPOINT": "https://user:hunter2@[::1"})
    assert "hunter2" not in str(caught.value)


def test_a_number_of_thousands_of_digits_is_no_setting(tmp_path: Path) -> None:
    file = tmp_path / "models.toml"
    file.write_text(f"retries = {'9' * 5000}\n", encoding="utf-8")
    with pytest.raises(InputError, match="not a TOML file"):
        load_settings("openai", file, HERE)
