"""Lets the firmware's own code judge a board's configuration, by ctypes."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Mapping

from cpctl.link.messages import Command, ConfigSet

_PRESENT = True
_SETS = ctypes.c_uint8 * 65536  # more than cp_config_t has


class _Pins(ctypes.Structure):
    """cp_chip_pins_t of cp_pins.h."""

    _fields_ = tuple((name, ctypes.c_uint64) for name in ("input", "output", "analogue", "pull", "calm"))


class _Chip(ctypes.Structure):
    """port_chip_t of port_chips.h."""

    _fields_ = (("chip", ctypes.c_char_p), ("pins", _Pins), ("boot_button", ctypes.c_uint8))


class _Board(ctypes.Structure):
    """cp_config_board_t of cp_config.h."""

    _fields_ = (
        ("evse_count", ctypes.c_uint8),
        ("capabilities", ctypes.c_uint32),
        ("chip", ctypes.c_char_p),
        ("pins", ctypes.POINTER(_Pins)),
    )


class _Begin(ctypes.Structure):
    """cp_msg_config_begin_t."""

    _fields_ = (("set", ctypes.c_uint8),)


class _Commit(ctypes.Structure):
    """cp_msg_config_commit_t."""

    _fields_ = (("set", ctypes.c_uint8), ("crc", ctypes.c_uint32))


class _Outcome(ctypes.Structure):
    """cp_config_outcome_t."""

    _fields_ = (
        ("result", ctypes.c_int),
        ("text", ctypes.c_char_p),
        ("refused", ctypes.c_char_p),
        ("evse", ctypes.c_uint8),
        ("gpio", ctypes.c_int16),
    )


class CBoards:
    """The firmware's tables of chips, and its check of a commissioned set."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._lib = library
        self._lib.port_chip_find.restype = ctypes.POINTER(_Chip)
        self._lib.cp_config_commit.restype = _Outcome

    def chip_pins(self, chip: str) -> Mapping[str, frozenset[int]]:
        """GPIOs of a chip by what they can do."""
        found = self._lib.port_chip_find(chip.encode())
        assert found, chip
        pins = found.contents.pins
        return {name: frozenset(gpio for gpio in range(64) if getattr(pins, name) >> gpio & 1) for name, _ in _Pins._fields_}

    def refusal(self, chip: str, items: Iterable[Command], crc: int) -> str | None:
        """Push a commissioned set; return what the firmware refuses, None if it takes it."""
        pins = self._lib.port_chip_find(chip.encode()).contents.pins
        board = _Board(4, 0xFFFFFFFF, chip.encode(), ctypes.pointer(pins))
        config = _SETS()
        self._lib.cp_config_init(config)
        assert self._lib.cp_config_begin(config, ctypes.byref(_Begin(ConfigSet.COMMISSIONED))) == 0
        for item in items:
            payload = item.to_bytes()
            result = self._lib.cp_config_item(config, ctypes.c_uint16(item.ID), payload, ctypes.c_size_t(len(payload)))
            assert result == 0, (item, result)
        commit = _Commit(ConfigSet.COMMISSIONED, crc)
        outcome = self._lib.cp_config_commit(config, ctypes.byref(commit), ctypes.byref(board), ctypes.c_bool(_PRESENT))
        if outcome.refused is None:
            return None if outcome.result in (0, 1) else f"result {outcome.result}"
        return f"EVSE {outcome.evse}: {outcome.refused.decode()}"
