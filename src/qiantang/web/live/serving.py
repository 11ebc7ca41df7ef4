"""The two routes of a channel: its frames by socket, what is said beside them as an event stream."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

from fastapi import FastAPI, Request, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection
from starlette.responses import Response, StreamingResponse

from qiantang.kernel.words import Lang
from qiantang.web.authority import Authority
from qiantang.web.languages import lang_of
from qiantang.web.live.hub import EndedError, Hub, Stage

CHECKED_EVERY = 30.0
"""Seconds after which a watcher's session is looked at again: one that was revoked sees nothing more."""
_BREATH = 15.0
_REFUSED, _RESTARTING = 1008, 1012


class LiveServer:
    """Lets those watch who may; where a channel comes from (origin and size) the guard around the application has seen to."""

    def __init__(self, hub: Hub, authority: Authority, not_there: Callable[[Request], Response]) -> None:
        self._hub = hub
        self._authority = authority
        self._not_there = not_there

    def join(self, app: FastAPI) -> None:
        """Put the routes into the application."""
        app.add_api_websocket_route("/live/{channel}", self._frames, name="live frames")
        app.add_api_route("/live/{channel}/told", self._told, methods=["GET"], include_in_schema=False, name="live figures")

    def _stage(self, channel: str, connection: HTTPConnection) -> Stage | None:
        """The channel, where there is one that the asker may watch."""
        stage = self._hub.stage(channel)
        return stage if stage is not None and stage.channel.seen_by(self._authority.identity(connection)) else None

    async def _frames(self, websocket: WebSocket, channel: str) -> None:
        stage = await run_in_threadpool(self._stage, channel, websocket)
        if stage is None:
            await websocket.close(_REFUSED)
            return
        await websocket.accept()
        stage.join()
        sending = asyncio.create_task(self._send(websocket, stage))
        try:
            # What a watcher says is not listened to; only that it goes.
            while (await websocket.receive())["type"] != "websocket.disconnect":
                pass
        finally:
            stage.leave()
            sending.cancel()

    async def _send(self, websocket: WebSocket, stage: Stage) -> None:
        turn, checked = 0, time.monotonic()
        while True:
            try:
                turn, frame = await stage.frame_after(turn)
            except EndedError:
                await websocket.close(_RESTARTING)
                return
            if time.monotonic() - checked > CHECKED_EVERY:
                if await run_in_threadpool(self._stage, stage.channel.name, websocket) is None:
                    await websocket.close(_REFUSED)
                    return
                checked = time.monotonic()
            await websocket.send_bytes(frame)

    async def _told(self, request: Request, channel: str) -> Response:
        stage = await run_in_threadpool(self._stage, channel, request)
        if stage is None:
            return await run_in_threadpool(self._not_there, request)
        return StreamingResponse(self._events(request, stage, lang_of(request)), media_type="text/event-stream",
                                 headers={"x-accel-buffering": "no"})

    async def _events(self, request: Request, stage: Stage, lang: Lang) -> AsyncIterator[str]:
        stage.join()
        turn, last, said_at, checked = 0, "", time.monotonic(), time.monotonic()
        try:
            while True:
                turn, said = await stage.said_after(turn, lang)
                now = time.monotonic()
                if now - checked > CHECKED_EVERY:
                    if await run_in_threadpool(self._stage, stage.channel.name, request) is None:
                        return
                    checked = now
                if said != last:
                    last, said_at = said, now
                    yield "".join(f"data: {line}\n" for line in said.splitlines()) + "\n"
                elif now - said_at > _BREATH:
                    said_at = now
                    yield ": still here\n\n"
        except EndedError:
            return
        finally:
            stage.leave()
