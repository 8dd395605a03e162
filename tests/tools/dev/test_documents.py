"""Reading what people write: numbers stay as written, places are told, traps are refused."""

import pytest

from studio_magics.tools.base import InputRejected
from studio_magics.tools.dev.documents import load_document, load_yaml, nearest, read_part


def test_a_version_that_looks_like_a_number_stays_as_it_was_written():
    assert read_part("version: 1.10", "text").named()["version"].text() == "1.10"


def test_on_yes_and_dates_stay_texts_and_keys_are_texts():
    assert load_yaml("on: yes\n200: 2026-01-31\nx: true\n", "text") == {
        "on": "yes",
        "200": "2026-01-31",
        "x": True,
    }


def test_every_value_knows_its_line_and_its_path():
    part = read_part("a:\n  b:\n    - 1\n    - x: 2\n", "text")
    inner = part.named()["a"].named()["b"].items()[1].named()["x"]
    assert (inner.path, inner.lines[inner.path]) == ("a.b.2.x", 4)
    with pytest.raises(InputRejected, match=r"line 4, a\.b\.2\.x: a number instead of a mapping"):
        inner.named()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a: &x 1", "an anchor"),
        ("a: *x", "an alias"),
        ("a: !!python/name:os.system x", "a tag"),
        ("a: 1\na: 2", "the key 'a' stands twice in line 2"),
        ("a: [", "text that is not YAML"),
        ("a: 1\n---\nb: 2", "but found another document"),
        ("<<: {a: 1}", "a merge"),
    ],
)
def test_what_yaml_can_do_wrong_is_refused(text, found):
    with pytest.raises(InputRejected) as refusal:
        load_yaml(text, "text")
    assert found in refusal.value.found


@pytest.mark.parametrize("content", [b'{"a": 1, "a": 2}', b'{"a": NaN}', b'{"a": 1', b"\xff\xfe{\x00}\x00"])
def test_what_json_can_do_wrong_is_refused(content):
    with pytest.raises(InputRejected):
        load_document(content, "a.json", "document")


def test_json_and_yaml_are_told_apart_by_their_first_sign():
    assert load_document(b'\xef\xbb\xbf {"a": [1]}', "a.txt", "document") == {"a": [1]}
    assert load_document(b"a:\n  - 1\n", "a.txt", "document") == {"a": [1]}


def test_a_wrong_word_is_answered_with_the_closest():
    assert nearest("strng", ["string", "text", "integer"]) == "nearest: string"
    assert nearest("zzz", ["b", "a"]) == "a, b"
