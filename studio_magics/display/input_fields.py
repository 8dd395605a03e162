"""Reads a tool's input schema as the options a person gives: name, what it takes, whether it takes data.

One reader for both sources: the input model of an installed tool and the schema that the server sends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

Scalar = Literal["text", "integer", "number", "flag"]
Schema = Mapping[str, Any]
SCALARS: dict[str, Scalar] = {"string": "text", "integer": "integer", "number": "number", "boolean": "flag"}
TAKES: dict[str, str] = {"integer": "N", "number": "X", "text": "TEXT", "flag": "yes|no"}


@dataclass(frozen=True)
class InputField:
    """One input of a tool."""

    name: str
    description: str
    required: bool
    default: Any
    scalars: frozenset[Scalar]
    choices: tuple[str, ...]
    takes_file: bool
    takes_folder: bool
    takes_list: bool
    takes_object: bool
    takes_archive: bool = False
    """Whether a folder can be given, which then travels as one archive."""

    @property
    def option(self) -> str:
        """'--max-rows' for 'max_rows'; '--no-colour' for a switch that is on when left out."""
        return f"--no-{self._word}" if self.is_flag and self.default is True else f"--{self._word}"

    @property
    def spellings(self) -> tuple[str, ...]:
        """Every option that sets it, without dashes: a switch can be turned on and off."""
        return (self._word, f"no-{self._word}") if self.is_flag else (self._word,)

    @property
    def _word(self) -> str:
        return self.name.replace("_", "-")

    @property
    def takes_data(self) -> bool:
        """Whether a DataFrame, a file or a folder can be given."""
        return self.takes_file or self.takes_folder

    @property
    def is_flag(self) -> bool:
        """Whether the option alone means yes."""
        return self.scalars == frozenset({"flag"}) and not self.takes_list

    @property
    def takes(self) -> str:
        """What to write after the option: 'DATA', 'N', 'a|b', or nothing for a flag."""
        if self.is_flag:
            return ""
        if self.takes_data:
            return "FOLDER" if not self.takes_file else "DATA"
        if self.choices:
            return "|".join(self.choices)
        if self.takes_list:
            return "A,B,…"
        return "|".join(TAKES[kind] for kind in sorted(self.scalars)) or "TEXT"


def input_fields(schema: Schema | None) -> tuple[InputField, ...]:
    """The inputs in the order of the schema."""
    if not schema:
        return ()
    properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
    required = frozenset(cast("list[str]", schema.get("required", [])))
    return tuple(_field(name, part, schema, required=name in required) for name, part in properties.items())


def _field(name: str, part: Schema, whole: Schema, *, required: bool) -> InputField:
    forms = list(_forms(part, whole))
    listed = [form for form in forms if form.get("type") == "array"]
    inner = [deep for form in listed for deep in _forms(form.get("items", {}), whole)]
    shapes = forms + inner
    plain = inner if listed else forms
    return InputField(
        name=name,
        description=str(part.get("description", "")),
        required=required,
        default=part.get("default"),
        scalars=frozenset(SCALARS[form["type"]] for form in plain if form.get("type") in SCALARS),
        choices=tuple(str(choice) for form in shapes for choice in _choices(form)),
        takes_file=any(_is(form, "InputFile", "digest") for form in shapes),
        takes_folder=any(_is(form, "InputFolder", "files") for form in shapes),
        takes_list=bool(listed),
        takes_object=any(form.get("type") == "object" for form in shapes),
        takes_archive=part.get("archive") is True,
    )


def _forms(part: Schema, whole: Schema, depth: int = 0) -> Iterator[Schema]:
    """All alternatives of a schema part, references followed; ten levels at most."""
    if depth > 10:  # noqa: PLR2004  - a schema deeper than this describes no option
        return
    if "$ref" in part:
        name = str(part["$ref"]).rsplit("/", 1)[-1]
        yield from _forms(
            cast("Mapping[str, Schema]", whole.get("$defs", {})).get(name, {}), whole, depth + 1
        )
        return
    nested = [*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())]
    if not nested:
        yield part
    for form in nested:
        yield from _forms(form, whole, depth + 1)


def _choices(form: Schema) -> tuple[Any, ...]:
    if "const" in form:
        return (form["const"],)
    return tuple(cast("list[Any]", form.get("enum", [])))


def _is(form: Schema, title: str, member: str) -> bool:
    return form.get("title") == title and member in form.get("properties", {})
