"""What a mutant is, and which a C source has: one small wrong turn each, made on the syntax tree, so that each can be parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_c
from tree_sitter import Language, Node, Parser

#: A boundary moved by one, or the opposite where there is no boundary.
COMPARISONS = {"<": "<=", ">": ">=", "<=": "<", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "|"}
ASSIGNMENTS = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "<<=": ">>=", ">>=": "<<=", "|=": "&=", "&=": "|=", "^=": "|="}
NUMBER = re.compile(r"^(0[xX][0-9a-fA-F]+|[0-9]+)([uUlL]*)$")
#: What a survivor's reason is looked up by: the place, as far as it tells it from its neighbours.
CONTEXT = 48
UNITS = frozenset(
    {"expression_statement", "return_statement", "declaration", "initializer_pair", "case_statement", "break_statement", "continue_statement"}
    | {"if_statement", "while_statement", "for_statement", "switch_statement", "preproc_def"}
)
#: A case that never comes.
NO_CASE = "0x7FFFFFFF"
VALUES = frozenset({"call_expression", "identifier", "field_expression", "subscript_expression"})


#: File, function, place.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Mutant:
    """One change of a source: bytes `start..end` replaced by `new`; `place` shows it within its statement of `function`."""

    file: str
    function: str
    kind: str
    start: int
    end: int
    new: str
    place: str
    lines: tuple[int, int]

    @property
    def key(self) -> Key:
        """Name it without a line number, so that it is known again when the file moves around it."""
        return self.file, self.function, self.place

    def apply(self, source: bytes) -> bytes:
        """Return the source with this change."""
        return source[: self.start] + self.new.encode() + source[self.end :]


def mutants_of(file: str, source: bytes, following: dict[str, str]) -> list[Mutant]:
    """List the mutants of a source in its order; `following` gives for each enumerator the next one of its enum."""
    found: list[Mutant] = []
    seen: dict[tuple[str, str], int] = {}
    for node in walk(parse(source)):
        for kind, changed, new in changes(node, following):
            unit = unit_of(changed)
            function = function_of(changed)
            place = show(source, unit, changed, new)
            count = seen[function, place] = seen.get((function, place), 0) + 1
            lines = (unit.start_point.row + 1, max(head_of(unit)[1], changed.end_point.row) + 1)
            numbered = place if count == 1 else f"{place} #{count}"
            found.append(Mutant(file, function, kind, changed.start_byte, changed.end_byte, new, numbered, lines))
    return found


def enumerators(source: bytes) -> dict[str, str]:
    """Map each enumerator to the next of its enum, the last to the first."""
    following: dict[str, str] = {}
    for node in walk(parse(source)):
        if node.type == "enumerator_list":
            names = [text(child.child_by_field_name("name")) for child in node.named_children if child.type == "enumerator"]
            following |= dict(zip(names, [*names[1:], names[0]], strict=True))
    return following


# ---------------------------------------------------------------- operators


def changes(node: Node, following: dict[str, str]) -> Iterator[tuple[str, Node, str]]:
    """Yield (kind, node to replace, replacement) of all that can go wrong at this very node."""
    match node.type:
        case "binary_expression":
            yield from of_binary(node)
        case "unary_expression" if operator(node) == "!":
            yield "negation dropped", node, text(argument(node))
            yield from outcomes(argument(node))
        case "assignment_expression" if operator(node) in ASSIGNMENTS:
            yield "assignment", field(node, "operator"), ASSIGNMENTS[operator(node)]
        case "number_literal" if not within(node, "array_declarator", "preproc_include"):
            yield from of_number(node, text(node))
        case "preproc_def" if (value := node.child_by_field_name("value")) is not None:
            yield from of_number(value, text(value).split("/*")[0].strip())
        case "true" | "false":
            yield "constant", node, "false" if node.type == "true" else "true"
        case "identifier" if text(node) in following and not within(node, "enumerator"):
            yield "name", node, following[text(node)]
        case "expression_statement" | "break_statement" | "continue_statement":
            yield "statement dropped", node, ";"
        case "return_statement":
            yield from of_return(node)
        case "initializer_pair":
            yield "initialiser dropped", node, "" if text(node.next_sibling) != "," else "/**/"
        case "case_statement" if (value := node.child_by_field_name("value")) is not None:
            yield "case dropped", value, NO_CASE
        case "if_statement" | "while_statement" | "conditional_expression":
            yield from outcomes(bare(field(node, "condition")))
        case "init_declarator" if is_bool(node.parent):
            yield from outcomes(field(node, "value"))
        case _:
            pass


def of_binary(node: Node) -> Iterator[tuple[str, Node, str]]:
    """Change what joins two operands, or drop one of them."""
    left, right, sign = field(node, "left"), field(node, "right"), operator(node)
    if sign in COMPARISONS:
        yield "comparison", field(node, "operator"), COMPARISONS[sign]
        if not joined(node):
            yield "outcome", node, "true"
            yield "outcome", node, "false"
    elif sign in ("&&", "||"):
        yield "condition dropped", node, text(left)
        yield "condition dropped", node, text(right)
        if not joined(node):
            yield "outcome", node, "false" if sign == "&&" else "true"  # the other follows from an operand dropped
    elif sign in ARITHMETIC:
        yield "arithmetic", field(node, "operator"), ARITHMETIC[sign]


def of_number(node: Node, number: str) -> Iterator[tuple[str, Node, str]]:
    """Count one more, one less."""
    match = NUMBER.match(number)
    if match is not None:
        value, suffix = int(match[1], 0), match[2]
        for other in (value + 1, value - 1) if value > 0 else (1,):
            yield "constant", node, f"{other}{suffix}"


def of_return(node: Node) -> Iterator[tuple[str, Node, str]]:
    """Return nothing early, or always the same."""
    function = ancestor(node, "function_definition")
    if node.next_named_sibling is not None or (node.parent is not None and node.parent.parent != function):
        yield "statement dropped", node, ";"
    if node.named_children and function is not None and text(field(function, "type")) == "bool":
        yield from outcomes(node.named_children[0])


def outcomes(node: Node) -> Iterator[tuple[str, Node, str]]:
    """Fix a condition that is a plain value: always so, never so."""
    if node.type in VALUES and not joined(node):
        yield "outcome", node, "true"
        yield "outcome", node, "false"


# ---------------------------------------------------------------- the tree


@cache
def parser() -> Parser:
    """Return the one parser of C."""
    return Parser(Language(tree_sitter_c.language()))


def parse(source: bytes) -> Node:
    """Return the root of a source's tree."""
    return parser().parse(source).root_node


def walk(node: Node) -> Iterator[Node]:
    """Yield all below a node in the source's order, itself first; nothing of a loop's step, whose mutants only hang."""
    yield node
    for index, child in enumerate(node.children):
        if not (node.type == "for_statement" and node.field_name_for_child(index) == "update"):
            yield from walk(child)


def text(node: Node | None) -> str:
    """Return a node's source, none for none."""
    return "" if node is None or node.text is None else node.text.decode()


def field(node: Node, name: str) -> Node:
    """Return a child that the grammar promises."""
    child = node.child_by_field_name(name)
    if child is None:
        raise ValueError(f"{node.type} without {name} at line {node.start_point.row + 1}")
    return child


def operator(node: Node) -> str:
    """Return the sign of an expression."""
    return text(node.child_by_field_name("operator"))


def argument(node: Node) -> Node:
    """Return what a unary operator applies to."""
    return field(node, "argument")


def bare(node: Node) -> Node:
    """Take the parentheses off."""
    return node.named_children[0] if node.type == "parenthesized_expression" else node


def joined(node: Node) -> bool:
    """Say whether a truth value is an operand of && or ||: to fix it is to drop it, or to fix all of them."""
    above = node.parent
    while above is not None and (above.type == "parenthesized_expression" or (above.type == "unary_expression" and operator(above) == "!")):
        above = above.parent
    return above is not None and above.type == "binary_expression" and operator(above) in ("&&", "||")


def is_bool(node: Node | None) -> bool:
    """Say whether a declaration is of truth values."""
    return node is not None and node.type == "declaration" and text(node.child_by_field_name("type")) == "bool"


def ancestor(node: Node, *types: str) -> Node | None:
    """Return the nearest ancestor of one of these types."""
    above = node.parent
    while above is not None and above.type not in types:
        above = above.parent
    return above


def within(node: Node, *types: str) -> bool:
    """Say whether the node stands directly in one of these."""
    return node.parent is not None and node.parent.type in types


def function_of(node: Node) -> str:
    """Name the function (or the table) that a node is part of; none for what stands alone."""
    above = ancestor(node, "function_definition")
    if above is None:
        return ""
    declarator = field(above, "declarator")
    while declarator.type != "identifier":
        declarator = field(declarator, "declarator")
    return text(declarator)


def unit_of(node: Node) -> Node:
    """Return the statement, or the part of a table, in which a change is shown."""
    above: Node | None = node
    while above is not None and above.type not in UNITS:
        in_table = above.type == "initializer_list" and above.parent is not None and above.parent.type == "initializer_list"
        if in_table:
            return above
        above = above.parent
    return above if above is not None else node


def head_of(unit: Node) -> tuple[int, int]:
    """Return the byte and the row at which a unit ends, of a branch or a loop only its head."""
    body = unit.child_by_field_name("consequence") or unit.child_by_field_name("body")
    if body is not None:
        return body.start_byte, body.start_point.row
    return unit.end_byte, unit.end_point.row


def show(source: bytes, unit: Node, changed: Node, new: str) -> str:
    """Show a change in a line: what stands before it, [old -> new], what comes after."""
    before = plain(source[unit.start_byte : changed.start_byte])
    after = plain(source[changed.end_byte : max(changed.end_byte, head_of(unit)[0])])
    if len(before) > CONTEXT:
        before = "..." + before[-CONTEXT:]
    if len(after) > CONTEXT:
        after = after[:CONTEXT] + "..."
    return f"{before}[{plain(source[changed.start_byte : changed.end_byte])} -> {plain(new.encode())}]{after}"


def plain(source: bytes) -> str:
    """Return code in one line, without its comments."""
    without = re.sub(r"/\*.*?\*/|//[^\n]*", " ", source.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", without)
