"""What a word means as the value of an input: a variable, a file, a number, text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from studio_magics.client.problems import refused_input
from studio_magics.client.refusals import did_you_mean, either
from studio_magics.contracts.problems import FieldProblem
from studio_magics.display.input_fields import InputField
from studio_magics.magics.words import Word
from studio_magics.runners.files import is_pattern
from studio_magics.runners.staging import Named
from studio_magics.runners.tables import is_table

YES = frozenset({"yes", "true", "1", ""})
NO = frozenset({"no", "false", "0"})
DOCUMENT_ENDINGS = frozenset({".yaml", ".yml", ".json", ".toml", ".sql", ".txt", ".md"})
MOST_NAMES = 500


class Reader:
    """Reads words as values, with the variables of the notebook at hand."""

    def __init__(self, title: str, variables: Mapping[str, Any], *, document: str | None = None) -> None:
        """`document` names the input that a cell body fills; for it the name of a file means its text."""
        self._title = title
        self._variables = variables
        self._document = document

    def value(self, field: InputField, words: Sequence[Word], *, negated: bool = False) -> Any:
        """The value of an input; `negated` for a switch written as '--no-…'.

        Raises:
            InputRefused: A word names neither a variable nor a file where data is wanted.
        """
        if field.is_flag:
            return not self._flag(words) if negated else self._flag(words)
        if len(words) == 1 and not words[0].quoted and words[0].text not in field.choices:
            name = words[0].text
            if name in self._variables and fits(self._variables[name], field):
                return Named(self._variables[name], name) if field.takes_data else self._variables[name]
        if field.takes_data:
            return self._data(field, words)
        if field.takes_list:
            return [self._scalar(field, Word(part, word.quoted)) for word in words for part in _parts(word)]
        return self._scalar(field, words[-1])

    def _data(self, field: InputField, words: Sequence[Word]) -> Any:
        values = [self._one(field, word) for word in words]
        return values[0] if len(values) == 1 else values

    def _one(self, field: InputField, word: Word) -> Any:
        variable = None if word.quoted else self._variables.get(word.text)
        if variable is not None and is_table(variable):
            return Named(variable, word.text)
        path = Path(word.text).expanduser()
        if "://" in word.text:
            return word.text
        if path.exists() or is_pattern(word.text):
            return path
        if "text" in field.scalars and not word.text.isidentifier():
            return word.text
        raise self._absent(field, word)

    def _absent(self, field: InputField, word: Word) -> Exception:
        if word.quoted and is_table(self._variables.get(word.text)):
            found = f"the text '{word.text}' in quotes, which means a file"
            action = f"{field.option} {word.text} without quotes is the variable"
        elif word.text in self._variables:
            kind = type(self._variables[word.text]).__name__
            found, action = (
                f"the variable '{word.text}' of type {kind}",
                "give a DataFrame or the path of a file",
            )
        else:
            found, action = f"no variable and no file '{word.text}'", self._closest(word.text)
        allowed = "a DataFrame, or the path of a file" + (" or folder" if field.takes_folder else "")
        return refused_input(
            self._title, [FieldProblem(field=field.name, found=found, allowed=allowed, action=action)]
        )

    def _closest(self, text: str) -> str:
        tables = [
            name for name, value in self._variables.items() if not name.startswith("_") and is_table(value)
        ]
        close = did_you_mean(text, [*tables, *_names_beside(text)])
        if close:
            return f"did you mean {either(close)}?"
        return f"variables that hold a table: {', '.join(tables[:5])}" if tables else "load the data first"

    def _flag(self, words: Sequence[Word]) -> Any:
        text = words[-1].text.lower() if words else ""
        return True if text in YES else False if text in NO else text

    def _scalar(self, field: InputField, word: Word) -> Any:
        text = word.text
        if word.quoted or text in field.choices:
            return text
        if text.startswith("@"):
            return Path(text[1:])
        if field.name == self._document and (Path(text).expanduser().is_file() or _names_document(text)):
            return Path(text)
        return _number(text, field)


def fits(value: Any, field: InputField) -> bool:
    """Whether a variable's value can be meant for this input; a module or function never is."""
    if field.takes_data and (is_table(value) or isinstance(value, str | Path | dict | list | tuple)):
        return True
    if isinstance(value, bool):
        return "flag" in field.scalars
    if isinstance(value, int | float):
        return bool(field.scalars & {"integer", "number"})
    if isinstance(value, str | Path):
        return "text" in field.scalars and not field.takes_data
    if isinstance(value, list | tuple | set | frozenset):
        return field.takes_list
    return isinstance(value, dict) and field.takes_object


def _names_document(text: str) -> bool:
    """Whether this can only be meant as the name of a file, there or not."""
    return Path(text).suffix.lower() in DOCUMENT_ENDINGS and not any(sign.isspace() for sign in text)


def _number(text: str, field: InputField) -> Any:
    kinds: list[type[int | float]] = []
    if "integer" in field.scalars:
        kinds.append(int)
    if "number" in field.scalars:
        kinds.append(float)
    for kind in kinds:
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _parts(word: Word) -> list[str]:
    return [word.text] if word.quoted else [part.strip() for part in word.text.split(",") if part.strip()]


def _names_beside(text: str) -> list[str]:
    path = Path(text).expanduser()
    try:
        return sorted(str(entry) for entry in path.parent.iterdir() if not entry.name.startswith("."))[
            :MOST_NAMES
        ]
    except OSError:
        return []
