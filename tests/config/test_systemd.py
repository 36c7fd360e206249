"""sd_notify over a real datagram socket."""

from __future__ import annotations

import socket
from pathlib import Path

from cpctl.systemd import Notifier


def listen(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(str(path))
    sock.settimeout(2)
    return sock


def test_ready_watchdog_status_and_stopping_reach_the_manager(tmp_path: Path) -> None:
    with listen(tmp_path / "n") as manager:
        notifier = Notifier.from_environment({"NOTIFY_SOCKET": str(tmp_path / "n")})
        assert notifier.ready("1 EVSE")
        assert manager.recv(200) == b"READY=1\nSTATUS=1 EVSE"
        assert notifier.watchdog()
        assert manager.recv(200) == b"WATCHDOG=1"
        assert notifier.status("charging\nREADY=1")
        assert manager.recv(200) == b"STATUS=charging"
        assert notifier.stopping()
        assert manager.recv(200) == b"STOPPING=1"


def test_an_abstract_socket_is_reached_by_its_at_sign() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0cpctl-test-notify")
        manager.settimeout(2)
        assert Notifier("@cpctl-test-notify").ready()
        assert manager.recv(200) == b"READY=1"


def test_without_systemd_nothing_is_sent_and_nothing_fails(tmp_path: Path) -> None:
    assert not Notifier.from_environment({}).ready()
    assert not Notifier(str(tmp_path / "nobody")).ready()


def test_the_watchdog_wants_to_be_fed_three_times_within_its_limit() -> None:
    env = {"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}
    assert Notifier.from_environment(env, pid=77).watchdog_interval_s == 10.0


def test_a_watchdog_for_another_process_or_without_a_number_is_not_ours() -> None:
    assert Notifier.from_environment({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "77"}, pid=78).watchdog_interval_s is None
    assert Notifier.from_environment({"WATCHDOG_USEC": "soon"}).watchdog_interval_s is None
