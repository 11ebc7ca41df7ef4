"""One producer a channel, any number of readers: a frame is encoded once, the latest one wins, and nothing queues."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

from starlette.concurrency import run_in_threadpool

from qiantang.kernel.pages.blocks import Block
from qiantang.kernel.words import Lang
from qiantang.web.live.codec import encoded
from qiantang.web.live.frames import Channel

PERIOD = 1.0
"""Seconds from frame to frame."""
Render = Callable[[Sequence[Block], Lang], str]


class EndedError(Exception):
    """The server goes down; there will be no more frames of it."""


class Stage:
    """One channel while it is watched: it produces as long as somebody reads, and keeps the latest frame alone."""

    def __init__(self, channel: Channel, render: Render) -> None:
        self.channel = channel
        self._render = render
        self._readers = 0
        self._turn = 0
        self._frame = b""
        self._blocks: Sequence[Block] = ()
        self._said: dict[Lang, str] = {}
        self._news: asyncio.Event = asyncio.Event()
        self._producer: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = False
        self._asking = threading.Lock()
        self.failed = 0
        """How many frames the source failed to give."""

    @property
    def readers(self) -> int:
        """How many watch."""
        return self._readers

    def join(self) -> None:
        """One more watches; the first one starts the producer."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            # The server was started anew in this process: who watched then is gone.
            self._loop, self._readers, self._producer, self._news, self._ended = loop, 0, None, asyncio.Event(), False
        self._readers += 1
        if self._producer is None or self._producer.done():
            # What was left from the last time is old: the first reader waits for a new frame.
            self._turn = 0
            self._producer = loop.create_task(self._produce(), name=f"live {self.channel.name}")

    def leave(self) -> None:
        """One less watches; the producer ends with the last."""
        self._readers -= 1
        if not self._readers and self._producer is not None:
            self._producer.cancel()
            self._producer = None

    def end(self) -> None:
        """No more frames: whoever reads is told so."""
        self._ended = True
        self._news.set()

    async def frame_after(self, turn: int) -> tuple[int, bytes]:
        """The latest frame as soon as there is one newer than ``turn`` (0: any), with its own turn. EndedError at the end."""
        await self._newer_than(turn)
        return self._turn, self._frame

    async def said_after(self, turn: int, lang: Lang) -> tuple[int, str]:
        """The same of what is said beside the cells, as HTML; made once for each language that is read."""
        await self._newer_than(turn)
        now = self._turn
        if lang not in self._said:
            self._said[lang] = self._render(self._blocks, lang)
        return now, self._said[lang]

    async def _newer_than(self, turn: int) -> None:
        while self._turn <= turn and not self._ended:
            await self._news.wait()
        if self._ended:
            raise EndedError

    async def _produce(self) -> None:
        due = time.monotonic()
        turn = 0
        while True:
            try:
                frame, blocks = await run_in_threadpool(self._taken)
            except (ArithmeticError, LookupError, RuntimeError, ValueError, OSError):
                # A source that fails once is asked again; readers see the age of what they have.
                self.failed += 1
            else:
                turn += 1
                self._turn, self._frame, self._blocks, self._said = turn, frame, blocks, {}
                self._news.set()
                self._news = asyncio.Event()
            due = max(due + PERIOD, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    def _taken(self) -> tuple[bytes, Sequence[Block]]:
        # A producer that was cancelled may still be asking in its thread while the next one begins.
        with self._asking:
            return encoded(self.channel.frames.frame()), self.channel.frames.told()


class Hub:
    """The channels there are, by name; ``later`` is asked for one that was not there at the start."""

    def __init__(self, channels: Sequence[Channel], render: Render, later: Callable[[str], Channel | None] = lambda _: None) -> None:
        self._stages: dict[str, Stage] = {channel.name: Stage(channel, render) for channel in channels}
        self._render, self._later = render, later

    def stage(self, name: str) -> Stage | None:
        """The channel of that name; None where there is none."""
        found = self._stages.get(name)
        if found is None and (channel := self._later(name)) is not None:
            found = self._stages.setdefault(name, Stage(channel, self._render))
        return found

    def end(self) -> None:
        """The server goes down: every stream ends by itself, so that nothing has to be cut off."""
        for stage in self._stages.values():
            stage.end()
