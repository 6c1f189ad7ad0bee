"""The smallest application a worker can serve: says who it is and whether it reaches its database."""

import os
from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg

Message = dict[str, Any]


async def stub(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """An ASGI application; /stream never ends, like an open event stream."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"] == "/stream":
        await send({"type": "http.response.body", "body": b"open\n", "more_body": True})
        await receive()
        while (await receive())["type"] != "http.disconnect":
            pass
        return
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    answer = await connection.fetchval("SELECT 1")
    await connection.close()
    await send({"type": "http.response.body", "body": f"{os.getpid()} {answer}".encode()})


def create_app() -> Any:
    """The factory a worker calls."""
    return stub
