"""`contracts.ts`: an interface per contract, and its shape as data for checks at run time."""

import json
from collections.abc import Iterator

from studio_server.export.messages import CONSTANTS, Schema, contract_modules, definitions
from studio_server.export.shapes import (
    Anything,
    ListOf,
    Literals,
    MapOf,
    Members,
    OneOf,
    Reference,
    Scalar,
    Shape,
    is_optional,
    read_shape,
)

HEADER = """\
// Generated from studio_magics/contracts by `python -m studio_server.export typescript`. Do not edit.
// A member with a default is optional: whoever reads must do without it.
"""

SHAPE_TYPE = """\
/** What a value must look like; read by `decode`. */
export type Shape =
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'null'
  | 'unknown'
  | { readonly ref: ContractName }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly any: readonly Shape[] }
  | { readonly literals: readonly (string | number | boolean)[] }
  | { readonly members: Readonly<Record<string, Shape>>; readonly optional: readonly string[] };
"""


def typescript() -> str:
    """The whole of `contracts.ts`.

    Raises:
        UnknownConstruct: a contract uses a JSON Schema construct that has no meaning here.
    """
    known = definitions()
    parts = [HEADER]
    for module in contract_modules():
        parts.append(f"// {module.name}: {module.summary}\n")
        parts += [_interface(model.__name__, known[model.__name__]) for model in module.models]
    written = {model.__name__ for module in contract_modules() for model in module.models}
    aliases = sorted(known.keys() - written)
    parts += [f"export type {name} = {type_of(read_shape(known[name]))};\n" for name in aliases]
    return "\n".join([*parts, _index(sorted(known)), SHAPE_TYPE, _shapes(known), *_constants()])


def type_of(shape: Shape) -> str:
    """The TypeScript type of one shape."""
    match shape:
        case Scalar(kind):
            written = "number" if kind == "integer" else kind
        case Anything():
            written = "unknown"
        case Reference(name):
            written = name
        case Literals(values):
            written = " | ".join(json.dumps(value, ensure_ascii=False).replace('"', "'") for value in values)
        case OneOf(choices):
            written = " | ".join(dict.fromkeys(type_of(choice) for choice in choices))
        case ListOf(items):
            written = f"readonly {_grouped(type_of(items))}[]"
        case MapOf(values):
            written = f"Readonly<Record<string, {type_of(values)}>>"
        case Members(members, optional):
            written = "; ".join(_member(name, type_of(m), name in optional) for name, m in members.items())
            written = f"{{ {written} }}"
    return written


def shape_data(shape: Shape) -> object:
    """One shape as JSON, as the TypeScript type `Shape` describes it."""
    match shape:
        case Scalar(kind):
            data: object = kind
        case Anything():
            data = "unknown"
        case Reference(name):
            data = {"ref": name}
        case Literals(values):
            data = {"literals": values}
        case OneOf(choices):
            data = {"any": [shape_data(choice) for choice in choices]}
        case ListOf(items):
            data = {"list": shape_data(items)}
        case MapOf(values):
            data = {"map": shape_data(values)}
        case Members(members, optional):
            data = {"members": {name: shape_data(m) for name, m in members.items()}, "optional": optional}
    return data


def _interface(name: str, schema: Schema) -> str:
    lines = [f"/** {schema.get('description', name)} */", f"export interface {name} {{"]
    for member, described in schema.get("properties", {}).items():
        if "description" in described:
            lines.append(f"  /** {described['description']} */")
        lines.append(f"  {_member(member, type_of(read_shape(described)), is_optional(schema, member))};")
    return "\n".join([*lines, "}\n"])


def _member(name: str, written: str, optional: bool) -> str:
    return f"readonly {name}{'?' if optional else ''}: {written}"


def _grouped(written: str) -> str:
    return f"({written})" if " " in written else written


def _index(names: list[str]) -> str:
    rows = "\n".join(f"  readonly {name}: {name};" for name in names)
    return (
        "/** Every message by its name. */\n"
        f"export interface Contracts {{\n{rows}\n}}\n\nexport type ContractName = keyof Contracts;\n"
    )


def _shapes(known: dict[str, Schema]) -> str:
    shapes = {name: json.dumps(shape_data(read_shape(schema))) for name, schema in sorted(known.items())}
    rows = "\n".join(f"  {name}: {data}," for name, data in shapes.items())
    return f"export const SHAPES: Readonly<Record<ContractName, Shape>> = {{\n{rows}\n}};\n"


def _constants() -> Iterator[str]:
    for name, value in sorted(CONSTANTS.items()):
        yield f"export const {name} = {json.dumps(value)} as const;\n"
