"""Runs the web workers for as long as their database runs, and leaves nothing behind.

The supervisor is the one process that owns the database; workers get its address by the environment.
A worker that dies is replaced; when the supervisor itself is killed, its workers notice and end.
"""

import errno
import http.client
import importlib
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from crm.platform.errors import Busy

_KILL_AFTER = 3
_PORT_PATIENCE = 1.5
_READY_PATIENCE = 60.0


class PortTaken(Busy):
    """The address to listen on cannot be had."""

    code = "port_taken"


def interrupt_on_sigterm() -> None:
    """Make SIGTERM unwind like Ctrl-C, so that what was opened is closed."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)


def refuse_taken_port(host: str, port: int) -> None:
    """Raise `PortTaken` when nobody could listen there now.

    The workers of a supervisor that was just killed hold the port for a moment, hence the patience.
    """
    deadline = time.monotonic() + _PORT_PATIENCE
    while True:
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            socket.create_server((host, port), family=family).close()
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.2)
                continue
            reason = (
                "已被其他程序占用" if error.errno == errno.EADDRINUSE else f"无法监听（{error.strerror}）"
            )
            raise PortTaken(
                f"地址 {host}:{port} {reason}，系统没有启动，数据未改动。"
                f"请先停止占用它的程序，或换一个端口：PORT={port + 1 if port < 65535 else 8087} make run"
            ) from error
        return


def run_workers(*, target: str, host: str, port: int, workers: int, announce: Callable[[], str]) -> None:
    """Serve the application factory `target` ("module:function") until SIGINT or SIGTERM.

    `announce` gives the one line to print when the first page was answered. Ends the process with
    code 1 when workers crash over and over.
    """
    # Forked workers would share the supervisor's file locks, and so keep the database after it died.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        target,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        workers=workers,
        factory=True,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        # An open event stream would hold a graceful stop for ever.
        workers_kill_timeout=_KILL_AFTER,
    )
    waiter = threading.Thread(target=_announce_when_ready, args=(host, port, announce), daemon=True)
    waiter.start()
    server.serve(target_loader=load_in_worker)


def load_in_worker(target: str) -> Any:
    """Build the application inside a worker process, tied to the life of its supervisor."""
    supervisor = os.getppid()
    threading.Thread(target=_end_with, args=(supervisor,), name="supervisor-watch", daemon=True).start()
    module, _, function = target.partition(":")
    return getattr(importlib.import_module(module), function)()


def _end_with(supervisor: int) -> None:
    while os.getppid() == supervisor:
        time.sleep(0.5)
    # Nobody is left to collect a graceful end; open transactions are rolled back by the server.
    os._exit(1)


def _announce_when_ready(host: str, port: int, announce: Callable[[], str]) -> None:
    asked = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  (compared, not bound)
    deadline = time.monotonic() + _READY_PATIENCE
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection(asked, port, timeout=10)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            time.sleep(0.05)
            continue
        finally:
            connection.close()
        click.echo(announce())
        return
