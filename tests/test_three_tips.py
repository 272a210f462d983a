"""
Three tips on their way to published entries: real phones, a real hub, desks in Chromium, the real gate.

Two editors and a custodian meet what can happen on that way: a block, a "no" from the source, an override,
an embargo by condition, a correction and a take-down.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.emulator.client import Line, Remote
from register import entry
from subrosa.demo.phone import Tipster
from subrosa.demo.picture import draw_page
from subrosa.demo.stage import Stage
from tests.atdesks import PATIENCE, Person, person
from tests.browser import chromium
from tests.lived_in import ANY_PORTS

HASTE = "Все трое ждут ответа сегодня."
NO, YES = "Нет", "Да, можно"
STAMP = {
    "title": "Отказавшимся ставят в военный билет отметку",
    "leaky": "Петру Одинцеву из клинцовской части поставили в военный билет красный штамп.",
    "blunt": "Отказникам в военные билеты ставят красный штамп о склонности к измене.",
    "clean": "В военные билеты тех, кто отказался воевать, ставят отметку о склонности к измене.",
    "mended": "В военные билеты тех, кто отказался воевать, в одной из частей ставят отметку об измене.",
    "told": "Уточнено, что речь об одной части.",
}
BRIBES = {
    "title": "Командир берёт деньги за отказ от штурма",
    "body": "В 2961 мсп командир роты берёт деньги за то, чтобы не отправлять людей на штурм.",
    "why": "Номер полка уже стоит в трёх открытых публикациях, источник просит его назвать.",
}
WARD = {
    "title": "Раненых выписывают до выздоровления",
    "body": "В военном госпитале раненых выписывают через три недели, каким бы ни был диагноз.",
    "condition": "после того как она уволится",
}


@dataclass(frozen=True)
class Tip:
    """One tip of the file, and what its sender wants beside it."""

    told: Mapping[str, Any]
    card: str
    wants_word: bool = False

    @property
    def mark(self) -> str:
        """Return words by which a colleague finds this tip among others."""
        return str(self.told["messages"][0]["text"])[:30]


@pytest.fixture
def tips(shared: Path) -> dict[str, Tip]:
    """Take three tips from the file of real input."""
    file = shared / "data" / "tips.json"
    if not file.is_file():
        pytest.skip("the file of tips is not beside this checkout")
    found = {one["id"]: one for one in json.loads(file.read_text())}
    return {
        "stamp": Tip(found["TV17"], "Одинцев Пётр, Клинцы, в/ч 00951", wants_word=True),
        "bribes": Tip(found["TV22"], "ефрейтор Б., 2961 мсп"),
        "ward": Tip(found["TV30"], "ник medsestra_volga_00, город не скажу"),
    }


@pytest.mark.full
@pytest.mark.browser
@pytest.mark.timeout(600)
async def test_three_tips_become_entries_through_all_that_can_happen(
    tips: dict[str, Tip], tmp_path: Path
) -> None:
    with Stage(tmp_path / "house", ANY_PORTS) as stage:
        async with Remote(stage.emulator.base_url) as sim, chromium() as browser, AsyncExitStack() as stack:
            phones = {name: await tell(sim, tip) for name, tip in tips.items()}
            people = {}
            for who in ("editor-1", "editor-2", "custodian-1"):
                people[who] = await person(stack, browser, stage, script=True)
                await people[who].sign_in(who)
            house = Newsroom(stage, people["editor-1"], people["editor-2"], people["custodian-1"])
            stamp = await house.blocked_then_refused_then_told(tips["stamp"], phones["stamp"])
            bribes = await house.overridden(tips["bribes"])
            ward = await house.held_back(tips["ward"])
            await house.corrected(stamp)
            await house.taken_down(bribes)
            assert house.public().keys() == {stamp, ward}
            assert_nothing_leaked(stage, tips, allowed={"2961 мсп"})


async def tell(sim: Remote, tip: Tip) -> Tipster:
    """Play one tip on a phone of its own until it is filed, with a card and what its sender allows."""
    phone = await Tipster.arrive(sim, tip.told["id"], "ru")
    await phone.read("Telegram")
    for message in tip.told["messages"]:
        if "photo" in message:
            await phone.phone.send("photo", draw_page(), "page.jpg", message.get("caption", ""))
        else:
            await phone.write(message["text"])
    await phone.read("Получено")
    for label in ("Хочу рассказать", "Отправить", "Не срочно", "После отправки"):
        await phone.press(label)
    await phone.write(tip.card)
    consents = ["Пересказать", *(["Сначала показать"] if tip.wants_word else ())]
    for label in ("Дальше", "Сюда, тихо", "В любое время", *consents, "Готово"):
        await phone.press(label)
    return phone


@dataclass
class Newsroom:
    """Two editors and a custodian at their desks."""

    stage: Stage
    first: Person
    second: Person
    custodian: Person

    async def blocked_then_refused_then_told(self, tip: Tip, phone: Tipster) -> str:
        """Let the gate stop a name, the source say no to one wording, and yes to the next."""
        author, approver = self.first, self.second
        draft = await begin(author, tip)
        await freeze(author, draft, STAMP["title"], STAMP["leaky"])
        await self.custodian.judge(draft)
        await look(author, draft)
        assert await author.tab.locator(".findings li.block").count() >= 2
        await author.press("/sign")
        await look(approver, draft)
        assert await approver.press("/approve") == 409
        seen = 0
        for words, answer in ((STAMP["blunt"], NO), (STAMP["clean"], YES)):
            await freeze(author, draft, STAMP["title"], words)
            await self.custodian.judge(draft)
            await look(author, draft)
            await author.press("/sign")
            await author.press("/show-source")
            shown, seen = await self.answered(phone, answer, seen)
            assert words in shown
            await step(author, draft, "done" if answer == YES else "stopped", 3)
            await look(approver, draft)
            assert await approver.press("/approve") < 400
            await look(approver, draft)
            status = await approver.press("/publish", when="now", why=HASTE)
            assert status == 409 if answer == NO else status < 400
        return await self.published(author, draft)

    async def answered(self, phone: Tipster, answer: str, seen: int) -> tuple[str, int]:
        """Let the source open what came after message *seen* and answer it; return text and message."""
        line = await phone.phone.wait_for(lambda one: offers(one, "Открыть"), after=seen)
        await phone.phone.press(line.message_id, text="Открыть")
        shown = await phone.phone.wait_for("SHA-256", after=seen)
        asked = await phone.phone.wait_for(lambda one: offers(one, answer), after=seen)
        await phone.phone.press(asked.message_id, text=answer)
        return shown.text, asked.message_id

    async def overridden(self, tip: Tip) -> str:
        """Let a block stand that only the approver may pass, with a reason."""
        author, approver = self.second, self.first
        draft = await begin(author, tip)
        await freeze(author, draft, BRIBES["title"], BRIBES["body"])
        await self.custodian.judge(draft)
        await look(author, draft)
        await author.press("/sign")
        await look(approver, draft)
        assert await approver.press("/approve") == 409
        await look(approver, draft)
        await approver.tab.locator("[name=override]").check()
        assert await approver.press("/approve", reason=BRIBES["why"]) < 400
        await look(approver, draft)
        assert await approver.press("/publish", when="now", why=HASTE) < 400
        return await self.published(author, draft)

    async def held_back(self, tip: Tip) -> str:
        """Hold a text until somebody says that its condition has come."""
        author, approver = self.first, self.second
        draft = await begin(author, tip)
        await freeze(author, draft, WARD["title"], WARD["body"])
        await self.custodian.judge(draft)
        await look(author, draft)
        await author.press("/sign")
        await author.press("/hold-until", condition=WARD["condition"], asked="editor-1")
        await look(approver, draft)
        assert await approver.press("/approve") < 400
        await look(approver, draft)
        assert WARD["condition"] in await approver.tab.inner_text("main")
        assert await approver.press("/publish", when="now", why=HASTE) == 409
        await look(approver, draft)
        assert not await approver.tab.locator("form[action$='/answer']").count(), "only who is asked answers"
        await look(author, draft)
        assert await author.press("/answer", button="button[value=yes]") < 400
        await look(approver, draft)
        assert await approver.press("/publish", when="now", why=HASTE) < 400
        return await self.published(author, draft)

    async def corrected(self, public_id: str) -> None:
        """Correct what is public, by two people again, and tell readers."""
        author, approver = self.first, self.second
        await author.open(f"/published?id={public_id}")
        assert await author.press(f"/{public_id}/correct") < 400
        draft = address(author)
        await freeze(author, draft, STAMP["title"], STAMP["mended"], correction_ru=STAMP["told"])
        await author.press("/sign")
        await look(approver, draft)
        assert STAMP["told"] in await approver.tab.inner_text("main")
        await approver.press("/no-case")
        assert await approver.press("/approve") < 400
        await look(approver, draft)
        assert await approver.press("/publish", when="now", why=HASTE) < 400
        self.wait(lambda there: STAMP["mended"] in json.dumps(there[public_id], ensure_ascii=False))
        page = self.stage.settings.register.output_dir / "ru" / "entries" / f"{public_id}.html"
        assert STAMP["told"] in page.read_text()

    async def taken_down(self, public_id: str) -> None:
        """Let the custodian alone take an entry down."""
        await self.custodian.open(f"/published?id={public_id}")
        assert await self.custodian.press("/take-down", code="safety") < 400
        self.wait(lambda there: public_id not in there)

    async def published(self, author: Person, draft: str) -> str:
        """Wait until a released text is public, and return its number."""
        await look(author, draft)
        public_id = next(word for word in (await author.tab.inner_text("main")).split() if entry.is_id(word))
        self.wait(lambda there: public_id in there)
        return public_id

    def wait(self, is_there: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until the register's data show it."""
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            # A take-down deletes the file at once; it follows again a moment later.
            with suppress(FileNotFoundError):
                if is_there(self.public()):
                    return
            time.sleep(0.2)
        raise AssertionError("the register does not show it")

    def public(self) -> dict[str, Any]:
        """Return what readers find in the register's data, tombstones apart."""
        data = self.stage.settings.register.output_dir / "data" / "register.json"
        entries = json.loads(data.read_bytes())["entries"]
        return {one["id"]: one for one in entries if one["status"] != "retracted"}


async def begin(author: Person, tip: Tip) -> str:
    """Find a tip in the queue, accept it and begin an entry; return the draft's address."""
    for _ in range(120):
        await author.open("/queue")
        found = await author.tab.locator("a[href^='/case/']").evaluate_all("all => all.map(one => one.href)")
        for link in dict.fromkeys(found):
            await author.tab.goto(link)
            if tip.mark in await author.tab.inner_text("main"):
                await author.press("/accept")
                await author.wait_for_form(link, "/draft")
                assert await author.press("/draft") < 400
                return address(author)
        await asyncio.sleep(0.25)
    raise AssertionError("the tip came to no queue")


async def freeze(author: Person, draft: str, title: str, body: str, **more: str) -> None:
    """Write the entry and let it stand still: the editor's half of the gate runs on this very wording."""
    await look(author, draft)
    await author.unfold()
    form = author.tab.locator("form[action$='/save']")
    for name, words in {"title_ru": title, "body_ru": body, "month": "2025-11", **more}.items():
        await form.locator(f"[name={name}]").fill(words)
    await form.locator("[name=grade]").select_option("withheld")
    async with author.tab.expect_navigation() as gone:
        await form.locator("button[formaction$='/freeze']").click()
    answer = await gone.value
    assert answer is not None and answer.status < 400


async def look(who: Person, draft: str) -> None:
    """Open a draft."""
    await who.tab.goto(draft)


async def step(who: Person, draft: str, state: str, place: int) -> None:
    """Wait until one step of a release is in *state*: the hub files an answer a moment after the tap."""
    for _ in range(120):
        await look(who, draft)
        if await who.tab.locator("ol.steps li").nth(place).get_attribute("class") == state:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(f"step {place} is not {state}")


def address(who: Person) -> str:
    """Return where somebody is, without what the last act said."""
    return who.tab.url.split("?")[0].split("#")[0]


def offers(line: Line, label: str) -> bool:
    """Tell whether a line has a button of this name."""
    return line.from_bot and not line.is_deleted and any(label == text for text, _data in line.buttons)


def assert_nothing_leaked(stage: Stage, tips: Mapping[str, Tip], allowed: set[str]) -> None:
    """Search every file of the register for what identifies somebody and nobody chose to publish."""
    folder = stage.settings.register.output_dir
    site = b"\n".join(one.read_bytes() for one in sorted(folder.rglob("*")) if one.is_file()).decode(
        errors="replace"
    )
    assert STAMP["mended"] in site
    assert BRIBES["body"] not in site, "it was taken down"
    for tip in tips.values():
        for words in {*tip.told["identifying"], *tip.told["canaries"]} - allowed:
            assert words not in site
