"""A frame is made once however many watch, the latest wins, and nobody watching means nothing is made."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from benchmarks.web.signals import Synthetic
from qiantang.district.frames import Frame
from qiantang.kernel.pages.blocks import Block
from qiantang.kernel.words import Lang
from qiantang.web.live import hub
from qiantang.web.live.codec import decoded
from qiantang.web.live.frames import Channel
from qiantang.web.live.hub import Stage


def told(blocks: Sequence[Block], lang: Lang) -> str:
    return f"{lang} {len(blocks)}"


def stage(source: object = None, period: float = 0.02) -> Stage:
    hub.PERIOD = period
    return Stage(Channel("plant", source or Synthetic(50)), told)  # type: ignore[arg-type]  # a source that fails on purpose is one too


def test_many_readers_get_the_same_frame_made_once() -> None:
    source = Synthetic(50)
    many = stage(source)

    async def watch() -> list[bytes]:
        many.join()
        found, turn = [], 0
        for _ in range(3):
            turn, frame = await many.frame_after(turn)
            found.append(frame)
        many.leave()
        return found

    async def all_watch() -> list[list[bytes]]:
        return await asyncio.gather(*(watch() for _ in range(40)))

    seen = asyncio.run(all_watch())
    assert len({frame for frames in seen for frame in frames}) <= source.frames <= 5
    assert all(decoded(frame).deviation.size == 50 for frames in seen for frame in frames)


def test_a_slow_reader_misses_frames_and_gets_the_latest() -> None:
    async def watch() -> tuple[int, int]:
        one = stage()
        one.join()
        first, _ = await one.frame_after(0)
        await asyncio.sleep(0.2)
        later, _ = await one.frame_after(first)
        one.leave()
        return first, later

    first, later = asyncio.run(watch())
    assert later > first + 1


def test_with_the_last_reader_the_producer_ends_and_the_next_reader_sees_nothing_old() -> None:
    source = Synthetic(50)

    async def watch() -> tuple[int, bytes, bytes]:
        one = stage(source)
        one.join()
        _, before = await one.frame_after(0)
        one.leave()
        await asyncio.sleep(0.05)
        made = source.frames
        await asyncio.sleep(0.2)
        idle = source.frames - made
        one.join()
        _, after = await one.frame_after(0)
        one.leave()
        return idle, before, after

    idle, before, after = asyncio.run(watch())
    assert idle == 0
    assert before != after


def test_a_source_that_fails_once_is_asked_again() -> None:
    class Shaky(Synthetic):
        def frame(self) -> Frame:
            if self.frames == 0:
                self.frames += 1
                raise RuntimeError("no reading yet")
            return super().frame()

    async def watch() -> tuple[int, int]:
        one = stage(Shaky(50))
        one.join()
        turn, _ = await one.frame_after(0)
        one.leave()
        return turn, one.failed

    assert asyncio.run(watch()) == (1, 1)


def test_what_is_told_is_made_once_a_language() -> None:
    made: list[str] = []

    def counted(blocks: Sequence[Block], lang: Lang) -> str:
        made.append(lang)
        return f"{lang} {len(blocks)}"

    async def watch() -> None:
        hub.PERIOD = 5
        one = Stage(Channel("plant", Synthetic(50)), counted)
        one.join()
        languages: tuple[Lang, ...] = ("zh", "zh", "en", "en")
        said = [await one.said_after(0, lang) for lang in languages]
        one.leave()
        assert [words for _, words in said] == ["zh 2", "zh 2", "en 2", "en 2"]

    asyncio.run(watch())
    assert made == ["zh", "en"]
