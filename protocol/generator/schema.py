"""The schema of the link as values: reads messages.toml and faults.toml and checks every rule that they promise."""

from __future__ import annotations

import re
import struct
import tomllib
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: struct code, size and range of each scalar type.
SCALARS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i16": "h", "i32": "i"}
FAULT_CLASSES = ("clearable", "latched", "lockout")


class SchemaError(Exception):
    """The schema breaks one of its own rules."""


@dataclass(frozen=True)
class Field:
    """One field of a message; `count` is 1 for a scalar, else the length of the array, text or bytes."""

    name: str
    base: str
    count: int
    array: bool
    default: int
    doc: str
    enum: str | None
    bits: str | None

    @property
    def code(self) -> str:
        """Its part of a struct format."""
        if self.base in ("bytes", "str"):
            return f"{self.count}s"
        return f"{self.count}{SCALARS[self.base]}" if self.array else SCALARS[self.base]

    @property
    def size(self) -> int:
        """Its bytes on the wire."""
        return struct.calcsize("<" + self.code)

    @property
    def toml_type(self) -> str:
        """Its type as the schema writes it."""
        return f"{self.base}[{self.count}]" if self.array else self.base

    @property
    def limits(self) -> tuple[int, int]:
        """Smallest and largest value of one element."""
        bits = 8 * struct.calcsize("<" + SCALARS[self.base])
        return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if self.base[0] == "i" else (0, (1 << bits) - 1)

    def wire_default(self) -> bytes:
        """Its bytes when it holds its default."""
        if self.base in ("bytes", "str"):
            return bytes(self.count)
        return struct.pack("<" + SCALARS[self.base], self.default) * self.count


@dataclass(frozen=True)
class Message:
    """One message: its number, the kind of frame that carries it, and its fields in wire order."""

    name: str
    id: int
    kind: str
    plant: bool
    doc: str
    fields: tuple[Field, ...]

    @property
    def snake(self) -> str:
        """Its name in C and in files."""
        return snake(self.name)

    @property
    def code(self) -> str:
        """Its struct format."""
        return "<" + "".join(f.code for f in self.fields)

    @property
    def size(self) -> int:
        """Bytes of its payload."""
        return struct.calcsize(self.code)


@dataclass(frozen=True)
class Enum:
    """Names for numbers, or for bit positions where `is_bits`."""

    name: str
    doc: str
    values: dict[str, int]
    is_bits: bool


@dataclass(frozen=True)
class FaultEntry:
    """One line of the fault catalogue."""

    bit: int
    name: str
    code: str
    fault_class: str
    ocpp16: str
    ocpp201: str
    mrec: str
    meaning: str
    remedy: str


@dataclass(frozen=True)
class Schema:
    """All of it."""

    major: int
    minor: int
    max_payload: int
    pinned_version: str
    pinned_hash: int
    kinds: dict[str, int]
    enums: tuple[Enum, ...]
    messages: tuple[Message, ...]
    faults: tuple[FaultEntry, ...]
    layout_hash: int = field(default=0)

    @property
    def version(self) -> str:
        """Major and minor as people write them."""
        return f"{self.major}.{self.minor}"


def snake(name: str) -> str:
    """`ConfigEvse` -> `config_evse`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def load(directory: Path) -> Schema:
    """Read and check the two TOML files of `directory`; SchemaError names what is wrong."""
    raw = tomllib.loads((directory / "messages.toml").read_text(encoding="utf-8"))
    raw_faults = tomllib.loads((directory / "faults.toml").read_text(encoding="utf-8"))
    faults = tuple(_fault(item) for item in raw_faults["fault"])
    messages = tuple(_message(item) for item in raw["message"])
    bit_enums = {f.bits for m in messages for f in m.fields if f.bits}
    enums = tuple(Enum(e["name"], e["doc"], e["values"], e["name"] in bit_enums) for e in raw["enum"])
    head = raw["protocol"]
    schema = Schema(
        head["major"],
        head["minor"],
        head["max_payload"],
        head.get("pinned_version", ""),
        head["layout_hash"],
        raw["kinds"],
        enums,
        messages,
        faults,
        _layout_hash(head["max_payload"], raw["kinds"], enums, messages, faults),
    )
    _check(schema)
    return schema


def check_pin(schema: Schema) -> None:
    """Raise SchemaError unless layout and version changed together, or not at all, since the last pin."""
    same_layout = schema.layout_hash == schema.pinned_hash
    same_version = schema.version == schema.pinned_version
    if same_layout and same_version:
        return
    if same_version:
        raise SchemaError(
            f"the layout changed (hash {schema.layout_hash:#010x}, pinned {schema.pinned_hash:#010x}) but the version is "
            f"still {schema.version}: raise minor (or major) in messages.toml, then run generate.py --pin"
        )
    if same_layout:
        raise SchemaError(f"the version went from {schema.pinned_version} to {schema.version} but the layout did not change")
    raise SchemaError(f"layout and version changed: run generate.py --pin to pin {schema.version}")


def pin(directory: Path, schema: Schema, *, unreleased: bool) -> None:
    """Write the present hash and version into messages.toml; the version must have changed unless it is unreleased."""
    if schema.version == schema.pinned_version and schema.layout_hash != schema.pinned_hash and not unreleased:
        check_pin(schema)
    path = directory / "messages.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^pinned_version\s*=.*\n", "", text)
    text, found = re.subn(
        r"(?m)^layout_hash\s*=.*$",
        f"layout_hash = {schema.layout_hash:#010x} # pinned by `generate.py --pin`; must change together with major or minor\n"
        f'pinned_version = "{schema.version}"   # the version that the hash was pinned for',
        text,
    )
    if found != 1:
        raise SchemaError("messages.toml has no single layout_hash line to pin")
    path.write_text(text, encoding="utf-8")


def _message(item: dict[str, Any]) -> Message:
    fields = tuple(_field(f) for f in item["fields"])
    return Message(item["name"], item["id"], item["kind"], item.get("plant", False), item["doc"], fields)


def _field(item: dict[str, Any]) -> Field:
    match = re.fullmatch(r"([a-z]+\d*)(?:\[(\d+)\])?", item["type"])
    if match is None:
        raise SchemaError(f"field {item['name']}: unknown type {item['type']}")
    base, length = match.groups()
    if (base in ("bytes", "str") and length is None) or base not in (*SCALARS, "bytes", "str"):
        raise SchemaError(f"field {item['name']}: unknown type {item['type']}")
    return Field(
        item["name"],
        base,
        int(length or 1),
        length is not None,
        item.get("default", 0),
        item["doc"],
        item.get("enum"),
        item.get("bits"),
    )


def _fault(item: dict[str, Any]) -> FaultEntry:
    return FaultEntry(
        item["bit"],
        item["name"],
        item["code"],
        item["class"],
        item["ocpp16"],
        item["ocpp201"],
        item["mrec"],
        item["meaning"],
        item["remedy"],
    )


def _layout_hash(
    max_payload: int, kinds: dict[str, int], enums: tuple[Enum, ...], messages: tuple[Message, ...], faults: tuple[FaultEntry, ...]
) -> int:
    """CRC-32 over everything that both sides must agree on, and nothing that is only prose."""
    lines = [f"max_payload {max_payload}", *(f"kind {name} {value}" for name, value in kinds.items())]
    for enum in sorted(enums, key=lambda e: e.name):
        lines += [f"enum {enum.name} {name} {value}" for name, value in sorted(enum.values.items(), key=lambda v: v[1])]
    for message in sorted(messages, key=lambda m: m.id):
        lines.append(f"message {message.id} {message.name} {message.kind} {message.plant}")
        lines += [f"field {f.name} {f.toml_type} {f.default} {f.enum} {f.bits}" for f in message.fields]
    lines += [f"fault {f.bit} {f.name}" for f in sorted(faults, key=lambda f: f.bit)]
    return zlib.crc32("\n".join(lines).encode())


def _check(schema: Schema) -> None:
    _unique("message id", [m.id for m in schema.messages])
    _unique("message name", [m.name for m in schema.messages])
    _unique("enum", [e.name for e in schema.enums])
    _unique("fault bit", [f.bit for f in schema.faults])
    _unique("fault name", [f.name for f in schema.faults])
    _unique("fault code", [f.code for f in schema.faults])
    if [f.bit for f in schema.faults] != list(range(len(schema.faults))) or len(schema.faults) > 32:
        raise SchemaError("fault bits must run from 0 without a gap, and fit 32 bits")
    if not 0 <= schema.major <= 7:
        raise SchemaError("major must fit three bits")
    names = {e.name for e in schema.enums} | {"Fault"}
    for enum in schema.enums:
        _unique(f"value of {enum.name}", list(enum.values.values()))
        if enum.is_bits and not all(0 <= v < 32 for v in enum.values.values()):
            raise SchemaError(f"{enum.name}: bit positions must be 0..31")
    for message in schema.messages:
        if message.kind not in schema.kinds:
            raise SchemaError(f"{message.name}: unknown kind {message.kind}")
        if message.size > schema.max_payload:
            raise SchemaError(f"{message.name}: {message.size} bytes, more than {schema.max_payload}")
        _unique(f"field of {message.name}", [f.name for f in message.fields])
        for item in message.fields:
            for named in (item.enum, item.bits):
                if named is not None and (named not in names or item.base[0] != "u" or item.array):
                    raise SchemaError(f"{message.name}.{item.name}: {named} is no enum of a scalar unsigned field")
            if item.base in SCALARS and not item.limits[0] <= item.default <= item.limits[1]:
                raise SchemaError(f"{message.name}.{item.name}: default {item.default} does not fit {item.base}")
    for fault in schema.faults:
        if fault.fault_class not in FAULT_CLASSES:
            raise SchemaError(f"fault {fault.name}: unknown class {fault.fault_class}")


def _unique(what: str, items: list[Any]) -> None:
    doubles = {item for item in items if items.count(item) > 1}
    if doubles:
        raise SchemaError(f"{what} used twice: {sorted(doubles)}")
