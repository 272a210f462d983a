"""
How fast the hub takes tips in, and how soon it says so: ``python -m benchmarks.intake --json``.

Hub, stand-in Telegram and the bot to compare with are processes of their own (:mod:`benchmarks.stand`).

* *burst*: so many messages from so many chats at once. *taken*: how many a second are sealed to the spool and
  committed; from then on no crash loses one, and Telegram is told so. *filed*: how many a second are worked
  into their case, answered and committed. And the hub's own processor time for each, in all.
* *plain*: the same burst into a bot that stores nothing (:mod:`benchmarks.plain_bot`), which answers every
  message with a line, or drops it. It takes turns with the hub; *ratio* is each rate of the hub by that of
  the plain bot.
* *clients*: so many people who write, wait until their message is committed, and write again at once.
* *steady*: messages at a steady rate, while others look up code phrases, half of them wrong; milliseconds
  from a message on the phone to the first "received" of a burst on the wire, and to the answer to a phrase.
  Receipts that follow within three seconds are merged on purpose.
* *flood*: the same for everybody else while one chat writes 200 a second.
* *memory*: MiB of the hub after so many messages, and after many more.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import time
from collections import defaultdict
from random import Random
from typing import Any

import click

from benchmarks.stand import (
    STARTS_WITHIN,
    Figures,
    Stand,
    Wire,
    at_rate,
    child,
    memory,
    processor_time,
    quantiles,
    standing,
    telegram,
)
from crypto.phrase import Phrase
from intake import texts
from intake.replies import Receipt
from tests.hubs import TOKEN

# Seconds without a message after which the next is the first of a burst, whose "received" is not merged.
QUIET = 5.0
LANGUAGE = "ru"


async def burst(stand: Stand, chats: int, messages: int) -> Figures:
    """Send *messages* at once and wait until all are in the spool, and until all are filed."""
    used, began = processor_time(stand.hub), time.perf_counter()
    numbers = await stand.write(stand.phones[:chats], messages)
    await stand.taken(numbers)
    taken = time.perf_counter() - began
    await stand.drained(numbers)
    filed, used = time.perf_counter() - began, processor_time(stand.hub) - used
    return {
        "taken_per_second": messages / taken,
        "filed_per_second": messages / filed,
        "processor_ms_each": 1000 * used / messages,
    }


async def plain(chats: int, messages: int, answer: str) -> Figures:
    """Send the same burst into a bot that stores nothing."""
    async with telegram() as (remote, base_url):
        phones = [(await remote.phone(language_code=LANGUAGE)).phone_id for _ in range(chats)]
        async with child("benchmarks.plain_bot", base_url, TOKEN, str(messages), answer) as bot:
            async with asyncio.timeout(STARTS_WITHIN):
                while not await remote.calls("getUpdates"):
                    await asyncio.sleep(0.02)
            used, began = processor_time(bot), time.perf_counter()
            await remote.call("POST", "/much", phones=phones, messages=messages)
            assert bot.stdout is not None
            async with asyncio.timeout(STARTS_WITHIN + messages / 10):
                await bot.stdout.readline()
            seconds, used = time.perf_counter() - began, processor_time(bot) - used
    return {"per_second": messages / seconds, "processor_ms_each": 1000 * used / messages}


async def clients(stand: Stand, number: int, seconds: float) -> Figures:
    """Let *number* people write one message after the other, each when the one before is committed."""
    latencies: list[float] = []
    began = time.perf_counter()

    async def person(phone: int) -> None:
        while time.perf_counter() - began < seconds:
            sent = time.perf_counter()
            numbers = await stand.write([phone], 1)
            while not stand.committed(numbers):
                await asyncio.sleep(0.004)
            latencies.append(time.perf_counter() - sent)

    await asyncio.gather(*(person(phone) for phone in stand.phones[:number]))
    return {"clients": number, "per_second": len(latencies) / seconds, **quantiles(latencies)}


class Conversations:
    """When each chat wrote, and how long it waited for the first word of each burst."""

    def __init__(self) -> None:
        self.receipts: list[float] = []
        self.others: list[float] = []  # answers to anything but a message that was kept
        self._waiting: dict[int, tuple[float, bool]] = {}
        self._last: dict[int, float] = defaultdict(lambda: float("-inf"))
        self._received = {texts.render(Receipt(messages=n), LANGUAGE).text for n in range(1, 400)}

    @property
    def unanswered(self) -> int:
        """Return how many chats still wait."""
        return len(self._waiting)

    def wrote(self, chat: int, *, is_phrase: bool = False) -> None:
        """Note that *chat* writes now."""
        now = time.monotonic()
        if now - self._last[chat] > QUIET:
            self._waiting[chat] = (now, is_phrase)
        self._last[chat] = now

    def heard(self, chat: int, text: str, at: float) -> None:
        """Note what the hub said to *chat*."""
        if chat not in self._waiting:
            return
        sent, is_phrase = self._waiting[chat]
        if is_phrase or text in self._received:
            del self._waiting[chat]
            (self.others if is_phrase else self.receipts).append(at - sent)
            self._last[chat] = max(self._last[chat], at)


async def steady(stand: Stand, rate: float, seconds: float, look_ups: int, flood: float = 0.0) -> Figures:
    """Write at *rate*, look phrases up meanwhile, and let one chat more write *flood* a second."""
    said, random = Conversations(), Random(1)
    right = stand.phrases(look_ups // 2) if look_ups else []
    strangers = [(await stand.remote.phone(language_code=LANGUAGE)).phone_id for _ in range(look_ups)]
    noisy, *others = stand.phones

    async def write(_n: int) -> None:
        phone = random.choice(others)
        said.wrote(phone)
        await stand.text(phone, "one more sentence of a tip")

    async def look_up(n: int) -> None:
        if n < look_ups:
            said.wrote(strangers[n], is_phrase=True)
            await stand.text(strangers[n], _typed(right[n // 2], is_right=n % 2 == 0))

    async def make_noise(_n: int) -> None:
        await stand.write([noisy], 10)

    wire = Wire(stand.remote, said.heard)
    reading = asyncio.ensure_future(wire.run())
    runs: list[Any] = [at_rate(rate, seconds, write)]
    runs += [at_rate(look_ups / seconds, seconds, look_up)] if look_ups else []
    runs += [at_rate(flood / 10, seconds, make_noise)] if flood else []
    await asyncio.gather(*runs)
    deadline = time.monotonic() + STARTS_WITHIN
    while said.unanswered and time.monotonic() < deadline:
        await asyncio.sleep(0.1)
    wire.stop()
    await reading
    figures = {"rate": rate, "measured": len(said.receipts), "unanswered": said.unanswered}
    return figures | quantiles(said.receipts) | quantiles(said.others, "phrase_")


def _typed(phrase: Phrase, *, is_right: bool) -> str:
    words = list(phrase.words(LANGUAGE))
    return " ".join(words if is_right else [words[1], words[0], *words[2:]])


async def remember(stand: Stand, chats: int, few: int, many: int) -> Figures:
    """Take in *few* messages, then go on to *many*, and compare what the hub has in memory."""
    found = {}
    done = 0
    for number in (few, many):
        while done < number:
            part = min(2000, number - done)
            await stand.drained(await stand.write(stand.phones[:chats], part))
            done += part
        await stand.quiet()
        found[f"mib_after_{number}"] = memory(stand.hub)
    return found | {"growth": found[f"mib_after_{many}"] / found[f"mib_after_{few}"] - 1}


def _medians(rounds: list[Figures]) -> Figures:
    return {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}


async def measure(given: dict[str, Any]) -> dict[str, Figures]:
    """Run all parts and return their figures."""
    found: dict[str, list[Figures]] = defaultdict(list)
    chats, messages, seconds = given["burst_chats"], given["messages"], given["seconds"]
    async with standing(given["chats"]) as stand:
        for _ in range(given["rounds"]):
            found["burst"].append(await burst(stand, chats, messages))
            await stand.quiet()
            found["plain_reply"].append(await plain(chats, messages, "reply"))
            found["plain_drop"].append(await plain(chats, messages, "drop"))
            found["clients"].append(await clients(stand, given["clients"], seconds / 6))
            await stand.quiet()
        await asyncio.sleep(QUIET)
        found["steady"].append(await steady(stand, given["rate"], seconds, given["look_ups"]))
        await stand.quiet()
        found["flood"].append(await steady(stand, given["rate"], seconds / 3, 0, flood=200.0))
        if given["many"]:
            found["memory"].append(await remember(stand, chats, given["few"], given["many"]))
    figures = {part: _medians(all_) for part, all_ in found.items()}
    figures["ratio"] = {
        f"{what}_by_{part}": figures["burst"][f"{what}_per_second"] / figures[part]["per_second"]
        for what in ("taken", "filed")
        for part in ("plain_drop", "plain_reply")
    }
    return {part: {k: round(v, 3) for k, v in one.items()} for part, one in figures.items()}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--messages", default=2000, show_default=True, help="Messages of a burst.")
@click.option("--burst-chats", default=100, show_default=True, help="Chats a burst comes from.")
@click.option("--chats", default=500, show_default=True, help="Chats of the steady part.")
@click.option("--clients", default=8, show_default=True, help="People who wait for the commit.")
@click.option("--rate", default=15.0, show_default=True, help="Messages per second of the steady part.")
@click.option("--seconds", default=60.0, show_default=True, help="Length of the steady part.")
@click.option("--look-ups", default=300, show_default=True, help="Code phrases typed in the steady part.")
@click.option("--rounds", default=3, show_default=True, help="Bursts of hub and plain bot, in turns.")
@click.option("--few", default=10_000, show_default=True, help="Messages before memory is read first.")
@click.option("--many", default=0, show_default=True, help="Messages before it is read again; 0: not at all.")
def main(as_json: bool, **given: Any) -> None:
    """Measure intake on this machine."""
    figures = asyncio.run(measure(given))
    figures["machine"] = {"cores": os.cpu_count() or 0, "load": round(os.getloadavg()[0], 1)}
    if as_json:
        click.echo(json.dumps(figures))
        return
    for part, values in figures.items():
        click.echo(" ".join([part, *(f"{name}={value}" for name, value in values.items())]))


if __name__ == "__main__":
    main()
