"""A description becomes a model; every refusal names the line, what was found and what is allowed."""

import pytest
from pydantic import BaseModel, ConfigDict, Field

from studio_magics.tools.base import InputRejected
from studio_magics.tools.typed_yaml import nearest, read_described


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    size: int = Field(default=1, ge=1, le=9)
    target: str = Field(default="", alias="to")


class Whole(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parts: tuple[Part, ...]
    words: dict[str, int] = {}


def read(source):
    return read_described(source, Whole, field="whole")


def refused(source):
    with pytest.raises(InputRejected) as refusal:
        read(source)
    assert refusal.value.field == "whole"
    return refusal.value


def test_text_and_python_values_give_the_same_model():
    text = "parts:\n  - {name: a, size: 2}\n"
    assert read(text).value == read({"parts": [{"name": "a", "size": 2}]}).value


def test_keys_are_text_as_written_even_where_yaml_means_yes_or_a_number():
    assert read("parts: []\nwords: {yes: 1, no: 2, 3: 3, null: 4}\n").value.words == {
        "yes": 1, "no": 2, "3": 3, "null": 4,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found", "allowed"),
    [
        ("parts:\n  - {name: a, size: 12}\n", "line 2: size '12'", "less than or equal to 9"),
        ("parts:\n  - {name: a}\n  - {size: 1}\n", "line 3: no 'name'", "name"),
        ("parts:\n  - {name: a, sise: 1}\n", "line 2: unknown key 'sise'", "nearest: size"),
        ("parts:\n  - {name: a, ot: b}\n", "unknown key 'ot'", "to"),
        ("prats: []\n", "line 1: unknown key 'prats'", "nearest: parts"),
        ("parts: []\nparts: []\n", "line 2: 'parts' appears twice", "once"),
        ("parts: [{name: &a b}]", "an anchor", "without anchors"),
        ("parts: [{name: !!python/name:os.system x}]", "a tag", "without tags"),
        ("parts: [", "not YAML", "plain YAML"),
        ("parts:\n  - {name: Is it?, size: 1}", "not YAML in line 2", "plain YAML"),
        ("a: 1\n---\nb: 2", "", ""),
        ("", "an empty text", "YAML"),
        ("5", "a single value", "key: value"),
        ("x: " + "y" * 500_000, "500,003 characters", "400,000"),
        ("parts: [{name: 2024-99-99T00:00:00Z}]", "a value that YAML cannot read", "plain YAML"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_line(text, found, allowed):
    refusal = refused(text)
    assert found in refusal.found
    assert allowed in refusal.allowed


def test_a_python_value_is_refused_with_its_path():
    assert "parts.1.size: size '0'" in refused({"parts": [{"name": "a"}, {"name": "b", "size": 0}]}).found


def test_a_reader_can_refuse_a_place_with_its_line():
    described = read("parts:\n  - {name: a}\n  - {name: b}\n")
    with pytest.raises(InputRejected, match="line 3: not this one"):
        described.reject(("parts", 1, "name"), "not this one", "another")


def test_the_nearest_words_are_offered_first_and_a_few_where_none_is_near():
    assert nearest("prodcess", ["process", "store"]) == "nearest: process"
    assert nearest("zzz", ["a", "b"]) == "a, b"
    assert nearest("x", []) == "nothing"
