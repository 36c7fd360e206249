"""Finds the line of every key in a TOML text that `tomllib` has accepted, so that an error can point at it.

A key's path is a tuple of names and, inside arrays, 0-based indices: `("evse", 1, "connectors", 0, "type")`.
"""

from __future__ import annotations

from typing import Final

KeyPath = tuple[str | int, ...]

_BARE: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Map each key path of a valid TOML text to the 1-based line where its key stands."""
    return _Scanner(text).scan()


def line_of(lines: dict[KeyPath, int], path: KeyPath) -> int:
    """Give the line of a path, or of the nearest key around it; 0 if there is none."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


class _Scanner:
    """One pass over the text. It trusts the text to be valid and only keeps account of where it is."""

    def __init__(self, text: str) -> None:
        self._text = text + "\n"
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, int] = {}  # arrays of tables: how many elements so far

    def scan(self) -> dict[KeyPath, int]:
        table: KeyPath = ()
        while self._skip_blank():
            if self._peek("[["):
                table = self._array_header()
            elif self._peek("["):
                table = self._table_header()
            else:
                self._key_value(table)
        return self._lines

    def _array_header(self) -> KeyPath:
        self._at += 2
        path = self._resolve(self._key(), last_is_array=True)
        self._at += 2
        return path

    def _table_header(self) -> KeyPath:
        self._at += 1
        path = self._resolve(self._key(), last_is_array=False)
        self._at += 1
        return path

    def _resolve(self, names: list[str], last_is_array: bool) -> KeyPath:
        """Turn a header's names into a path, going through the latest element of each array of tables on the way."""
        path: KeyPath = ()
        for position, name in enumerate(names):
            path = (*path, name)
            self._note(path)
            if last_is_array and position == len(names) - 1:
                self._tables[path] = self._tables.get(path, 0) + 1
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
                self._note(path)
        return path

    def _key_value(self, table: KeyPath) -> None:
        line = self._line()
        path = table
        for name in self._key():
            path = (*path, name)
            self._lines.setdefault(path, line)
        self._skip_space()
        self._at += 1  # the equals sign
        self._skip_space()
        self._value(path)

    def _key(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip_space()
            if self._text[self._at] in "\"'":
                names.append(self._string())
            else:
                start = self._at
                while self._text[self._at] in _BARE:
                    self._at += 1
                names.append(self._text[start : self._at])
            self._skip_space()
            if not self._peek("."):
                return names
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        first = self._text[self._at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._array(path)
        elif first == "{":
            self._inline_table(path)
        else:
            while self._text[self._at] not in ",]}#\n":
                self._at += 1

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        index = 0
        while self._skip_blank() and not self._peek("]"):
            if self._peek(","):
                self._at += 1
                continue
            self._note((*path, index))
            self._value((*path, index))
            index += 1
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while self._skip_blank() and not self._peek("}"):
            if self._peek(","):
                self._at += 1
                continue
            self._key_value(path)
        self._at += 1

    def _string(self) -> str:
        """Step over a string of any of the four kinds; return what is between its quotes, escapes as written."""
        quote = self._text[self._at]
        fence = quote * 3 if self._peek(quote * 3) else quote
        self._at += len(fence)
        start = self._at
        while not self._peek(fence):
            self._at += 2 if quote == '"' and self._peek("\\") else 1
        if len(fence) == 3:
            while self._text[self._at + 3 : self._at + 4] == quote:  # quotes that belong to the text
                self._at += 1
        inside = self._text[start : self._at]
        self._at += len(fence)
        return inside

    def _skip_blank(self) -> bool:
        """Step over space, line ends and comments; False at the end of the text."""
        while self._at < len(self._text):
            char = self._text[self._at]
            if char == "#":
                self._at = self._text.index("\n", self._at)
            elif char in " \t\r\n":
                self._at += 1
            else:
                return True
        return False

    def _skip_space(self) -> None:
        while self._text[self._at] in " \t":
            self._at += 1

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _note(self, path: KeyPath) -> None:
        self._lines.setdefault(path, self._line())

    def _line(self) -> int:
        return self._text.count("\n", 0, self._at) + 1
