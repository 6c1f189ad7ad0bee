"""The whole application asked in this process, without a socket between: what a page costs in the end."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

from asyncpg.connection import Connection

from bench.scratch import Scratch
from crm.app import create_app
from crm.channels.desk.session import COOKIE
from crm.core.staff.service import StaffService
from crm.demo.staff import DEMO_PASSWORD
from crm.platform.clock import SystemClock

IDLE_SECONDS = 3.0


class Site:
    """A logged-in agent's browser."""

    def __init__(self, app: Any, cookie: str) -> None:
        self._app = app
        self._cookie = cookie
        self._idle = 0.0

    async def get(self, path: str, *, htmx: bool = False, **query: str) -> tuple[int, str]:
        """Status and body."""
        return await self._ask(path, urlencode(query).encode(), htmx)

    async def _ask(self, path: str, query: bytes, htmx: bool) -> tuple[int, str]:
        status, body = 0, b""

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            nonlocal status, body
            status = message.get("status", status)
            body += message.get("body", b"")

        headers = [(b"host", b"bench"), (b"cookie", f"{COOKIE}={self._cookie}".encode())]
        await self._app(
            {
                "type": "http",
                "asgi": {"version": "3.0"},
                "http_version": "1.1",
                "method": "GET",
                "path": path,
                "raw_path": path.encode(),
                "query_string": query,
                "root_path": "",
                "scheme": "http",
                "headers": [*headers, (b"hx-request", b"true")] if htmx else headers,
                "client": ("127.0.0.1", 1),
                "server": ("127.0.0.1", 80),
                "state": {},
            },
            receive,
            send,
        )
        return status, body.decode()

    async def rest(self) -> None:
        """Learn what the background rounds cost while nobody asks."""
        cpu = time.process_time()
        await asyncio.sleep(IDLE_SECONDS)
        self._idle = (time.process_time() - cpu) / IDLE_SECONDS

    async def cpu_ms(self, times: int, path: str, *, htmx: bool = False, **query: str) -> float:
        """CPU for one of `times` requests, less what the background would have taken."""
        asked = urlencode(query).encode()
        for _ in range(20):
            await self._ask(path, asked, htmx)
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(times):
            await self._ask(path, asked, htmx)
        spent = time.process_time() - cpu - self._idle * (time.perf_counter() - wall)
        return spent / times * 1000

    async def round_trips(self, path: str, *, htmx: bool = False, **query: str) -> int:
        """Statements sent to the database for one request.

        The least of ten, because the background may write in between.
        """
        counted: list[int] = []
        asking = {name: getattr(Connection, name) for name in ("fetch", "fetchrow", "fetchval", "execute")}

        def counting(ask: Any) -> Any:
            async def counted_ask(*args: Any, **named: Any) -> Any:
                counted[-1] += 1
                return await ask(*args, **named)

            return counted_ask

        for name, ask in asking.items():
            setattr(Connection, name, counting(ask))
        try:
            for _ in range(10):
                counted.append(0)
                await self.get(path, htmx=htmx, **query)
        finally:
            for name, ask in asking.items():
                setattr(Connection, name, ask)
        return min(counted)


@asynccontextmanager
async def site(ground: Scratch) -> AsyncGenerator[Site]:
    """The application on the scratch database with the demo agent logged in."""
    app = create_app(ground.settings)
    async with app.lifespan():
        staff = StaffService(ground.db, SystemClock(), ground.settings)
        login = await staff.log_in("1001", DEMO_PASSWORD, "127.0.0.1")
        browser = Site(app, login.token)
        await browser.rest()
        yield browser
