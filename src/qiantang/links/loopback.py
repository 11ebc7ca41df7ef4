"""A broker inside the process, with mischief: it can garble, delay, repeat, reorder and lose messages and cut lines, all by a seed.

Translators join it as they would join an MQTT broker: wills, retained messages, filters, and quality 1 (what was not settled
comes again after a cut). The same seed and the same calls give the same mischief. ``LoopbackWire`` runs a member in real time;
a test may as well ``advance`` members by hand at instants of its own.
"""

from __future__ import annotations

import asyncio
import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from qiantang.kernel.wires import Counters, Delivery, Receiver
from qiantang.links.messages import Messages, Publication, Said, Translator


@dataclass(frozen=True, slots=True)
class Mischief:
    """How often, of every message and member: ``garbled`` (bytes changed, cut off or added), ``lost`` (quality 0 only), ``repeated``,
    ``reordered`` (put after what comes next, ``behind_us`` later) and delayed by up to ``delay_us``. ``spared`` topics begin so."""

    garbled: float = 0.0
    lost: float = 0.0
    repeated: float = 0.0
    reordered: float = 0.0
    behind_us: int = 50_000
    delay_us: int = 0
    spared: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Letter:
    topic: str
    payload: bytes
    qos: int


def fits(pattern: str, topic: str) -> bool:
    """Whether an MQTT filter takes a topic; one that is shared (``$share/group/…``) by what follows the group."""
    parts = pattern.split("/")
    if parts[0] == "$share":
        parts = parts[2:]
    levels = topic.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(parts) == len(levels)


class Member:
    """One translator on the line; ``advance`` gives what has come to it up to an instant."""

    def __init__(self, line: Loopback, translator: Translator) -> None:
        self.translator = translator
        self.online = False
        self.line = line
        self._inbox: list[tuple[int, int, _Letter]] = []
        self._unsettled: dict[int, _Letter] = {}
        self._pending: list[int] = []
        self._will: Publication | None = None

    def connect(self, now: int) -> Said:
        """Join: retained messages and what was not settled come, then the greeting is published."""
        if self.online:
            return Said()
        self._will = self.translator.will(now)
        self.online = True
        again, self._unsettled = list(self._unsettled.values()), {}
        for letter in [*self.line.retained_for(self), *again]:
            self._put(now, letter)
        said = self.translator.connected(now)
        self.line.publish(said.publications, now)
        return said

    def cut(self, now: int) -> Said:
        """The line breaks: the will is published, what was under way is lost but for quality 1."""
        if not self.online:
            return Said()
        self.online = False
        for _, number, letter in self._inbox:
            if letter.qos:
                self._unsettled[number] = letter
        self._inbox.clear()
        if self._will:
            self.line.publish((self._will,), now)
        return self.translator.disconnected(now)

    def leave(self, now: int) -> None:
        """Go in good order."""
        if self.online:
            self.line.publish(self.translator.farewell(now), now)
            self.online = False

    def advance(self, now: int) -> list[tuple[Said, Callable[[], None]]]:
        """What the translator says of the messages that are due and of the time; each with what settles its messages."""
        if not self.online:
            return []
        batch, numbers, self._pending = Messages(), self._pending, []
        while self._inbox and self._inbox[0][0] <= now:
            at, number, letter = heapq.heappop(self._inbox)
            batch.add(letter.topic, letter.payload, at)
            if letter.qos:
                self._unsettled[number] = letter
                numbers.append(number)
        said = [self.translator.feed(batch)] if len(batch) else []
        said.append(self.translator.tick(now))
        # What waits for a message out of order is settled with the batch that brings it.
        if said[-1].holding:
            self._pending, numbers = numbers, []
        settles = [lambda: None] * (len(said) - 1) + [lambda: self._settle(numbers)]
        if len(said) == 2 and not len(said[1].readings):
            settles.reverse()
        for one in said:
            self.line.publish(one.publications, now)
        if any(one.leave for one in said):
            self.cut(now)
        return list(zip(said, settles, strict=True))

    def take(self, letter: _Letter, now: int) -> None:
        """A message for this member sets out, or is kept where the line is cut and its quality asks for it."""
        if self.online:
            self._put(now, letter)
        elif letter.qos and self._will is not None:
            self._unsettled[self.line.number()] = letter

    def _put(self, now: int, letter: _Letter) -> None:
        mischief, dice, counters = self.line.mischief, self.line.dice, self.line.counters
        if mischief.spared and letter.topic.startswith(mischief.spared):
            heapq.heappush(self._inbox, (now, self.line.number(), letter))
            return
        if not letter.qos and dice.random() < mischief.lost:
            counters.add("lost")
            return
        copies = 1
        if dice.random() < mischief.repeated:
            counters.add("repeated")
            copies = 2
        for _ in range(copies):
            at, one = now, letter
            if mischief.delay_us:
                at += dice.randrange(mischief.delay_us)
            if dice.random() < mischief.reordered:
                counters.add("reordered")
                at += mischief.behind_us
            if dice.random() < mischief.garbled:
                counters.add("garbled")
                one = _Letter(letter.topic, garbled(letter.payload, dice), letter.qos)
            heapq.heappush(self._inbox, (at, self.line.number(), one))

    def _settle(self, numbers: list[int]) -> None:
        for number in numbers:
            self._unsettled.pop(number, None)


class Loopback:
    """The line. ``counters`` say what mischief was done."""

    def __init__(self, mischief: Mischief | None = None, seed: int = 0) -> None:
        self.mischief = mischief or Mischief()
        self.dice = random.Random(seed)
        self.counters = Counters()
        self.members: list[Member] = []
        self._retained: dict[str, Publication] = {}
        self._numbers = 0

    def join(self, translator: Translator) -> Member:
        """A new member, not connected yet."""
        self.members.append(Member(self, translator))
        return self.members[-1]

    def publish(self, publications: Iterable[Publication], now: int) -> None:
        """Send to every member that has subscribed."""
        for one in publications:
            self.counters.add("published")
            if one.retain:
                self._retained[one.topic] = one
            for member in self.members:
                asked = [qos for pattern, qos in member.translator.subscriptions if fits(pattern, one.topic)]
                if asked:
                    member.take(_Letter(one.topic, one.payload, min(one.qos, max(asked))), now)

    def retained_for(self, member: Member) -> list[_Letter]:
        """What the line keeps for whoever subscribes."""
        return [_Letter(one.topic, one.payload, one.qos) for one in self._retained.values()
                if any(fits(pattern, one.topic) for pattern, _ in member.translator.subscriptions)]

    def number(self) -> int:
        """The next number of a message: what comes at one instant comes in the order of sending."""
        self._numbers += 1
        return self._numbers


def garbled(payload: bytes, dice: random.Random) -> bytes:
    """A payload with some bytes changed, cut off or added."""
    out = bytearray(payload)
    for _ in range(dice.randint(1, 3)):
        place = dice.randrange(len(out)) if out else 0
        match dice.randrange(4):
            case 0 if out:
                out[place] ^= 1 << dice.randrange(8)
            case 1 if out:
                out[place] = dice.randrange(256)
            case 2:
                out[place:place] = dice.randbytes(dice.randint(1, 4))
            case _:
                del out[place:]
    return bytes(out)


@dataclass(slots=True)
class LoopbackWire:
    """Runs a member by a clock of microseconds UTC: a wire like any other."""

    member: Member
    clock: Callable[[], int]
    every_ms: float = 2.0
    counters: Counters = field(init=False)
    _away_until: int = field(default=0, init=False)
    _parting: list[Said] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.counters = self.member.translator.counters

    def publish(self, publications: Iterable[Publication]) -> bool:
        """Publish now; False where the line is cut."""
        if not self.member.online:
            return False
        self.member.line.publish(publications, self.clock())
        return True

    def cut(self, for_us: int = 0) -> None:
        """Break the line; it is joined again after so long."""
        self._away_until = self.clock() + for_us
        self._parting.append(self.member.cut(self.clock()))

    async def run(self, receiver: Receiver) -> None:
        """Receive for ever, joining again after each cut."""
        try:
            while True:
                for parting in self._parting:
                    await _hand(receiver, parting, lambda: None)
                self._parting.clear()
                if not self.member.online and self.clock() >= self._away_until:
                    await _hand(receiver, self.member.connect(self.clock()), lambda: None)
                for said, settle in self.member.advance(self.clock()):
                    await _hand(receiver, said, settle)
                await asyncio.sleep(self.every_ms / 1000)
        finally:
            self.member.leave(self.clock())


async def _hand(receiver: Receiver, said: Said, settle: Callable[[], None]) -> None:
    for notice in said.notices:
        receiver.notice(notice)
    if not said.empty:
        await receiver.deliver(Delivery(said.readings, settle, said.pieces))
    else:
        settle()
