"""
A house that was lived in: a real hub and a real desk, several phones, and words found nowhere else.

Everything a tipster can say or send carries a canary. What is left afterwards (database, log of the database,
keys, logs, second medium, register) is for the tests to search.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from bot.emulator.client import Remote
from subrosa.demo.phone import Tipster
from subrosa.demo.stage import Stage
from subrosa.demo.visitor import Visitor
from subrosa.founding import NewStaff

# Each stands for one thing that must not be found in clear.
CANARIES = {
    "text": "выхухоль-квадрига",
    "second text": "шелкопряд-параллакс",
    "card": "Несебятьев Гордиан Акинфиевич",
    "phone": "+79005551234567",
    "file name": "zebrafinch-rapport.png",
    "caption": "катахреза-бурелом",
    "forward author": "Пржевальскина Октябрина",
    "contact name": "Зинаида Чебурахтина",
    "contact phone": "+79997776655443",
    "unfinished": "гиперборея-черемша",
    "withdrawn": "мандрагора-пиролиз",
    "edited": "синекдоха-тмутаракань",
    "reply": "ответ-брандахлыст",
    "reply file": "obrazec-kvintessenciya.txt",
    "note": "заметка-абракадабра",
    "user name": "ornithorhynchus_tess",
    "first name": "Аграфена-Тесс",
    "unknown command": "/ksenofont",
    "reason": "причина-коловращение",
}
WRITING = "unfinished"
LATITUDE = "48.0512345"


@dataclass
class LivedIn:
    """What is left of the house."""

    folder: Path
    medium: Path
    phones: list[int] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    running: bytes = b""  # database files and runtime_dir as they lay while everything ran

    def bytes_left(self) -> Iterator[tuple[str, bytes]]:
        """Return every file the house left behind."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                yield path.relative_to(self.folder).as_posix(), path.read_bytes()


def spellings(word: str) -> Iterator[bytes]:
    """Return every way *word* could lie in a file."""
    yield word.encode()
    yield word.encode("utf-16-le")
    yield json.dumps(word)[1:-1].encode()
    yield word.encode().hex().encode()
    for shift in range(3):  # base64 of the word wherever it begins
        coded = base64.b64encode(b"\0" * shift + word.encode())
        yield coded[4 if shift else 0 : len(coded) // 4 * 4 - 4]


# Houses of tests that run at the same time do not meet at one port.
ANY_PORTS = (0, 0, 0)


def live(folder: Path) -> LivedIn:
    """Found a house in *folder*, let it be used, end everything, and return what is left."""
    with Stage(folder, ANY_PORTS) as stage:
        left = LivedIn(folder, stage.settings.escrow.medium)
        asyncio.run(_use(stage, left))
        stage.run("backup")
        stage.run("register", "build")
        left.running = _snapshot(stage)
    return left


async def _use(stage: Stage, left: LivedIn) -> None:
    async with Remote(stage.emulator.base_url) as sim:
        tess = await _arrive(sim, left)
        await _ask_for_help(tess)
        _answer(stage)
        await tess.press("Открыть")
        await tess.read(CANARIES["reply"])
        await _write_badly(await _arrive(sim, left))
        await _leave_unfinished(await _arrive(sim, left))
        await _withdraw(await _arrive(sim, left))
        await asyncio.sleep(1)


async def _arrive(sim: Remote, left: LivedIn) -> Tipster:
    phone = await sim.phone(
        first_name=CANARIES["first name"], username=CANARIES["user name"], language_code="ru"
    )
    left.phones.append(phone.phone_id)
    tipster = Tipster(phone)
    await phone.start()
    await tipster.read("Telegram")
    return tipster


async def _ask_for_help(tess: Tipster) -> None:
    """File an urgent request with a file, a card and push."""
    await tess.write(f"Помогите. {CANARIES['text']}")
    await tess.phone.send("photo", _picture(), CANARIES["file name"], CANARIES["caption"])
    await tess.phone.send("document", _picture(), CANARIES["file name"], CANARIES["caption"])
    await tess.phone.act("forward", author_name=CANARIES["forward author"], text=CANARIES["second text"])
    await tess.read("Получено")
    await tess.press("Нужен совет")
    await tess.press("Отправить")
    await tess.press("часы")
    await tess.press("После отправки")
    await tess.write(f"{CANARIES['card']}, {CANARIES['phone']}")
    await tess.press("Дальше")
    await tess.press("Сюда, тихо")
    await tess.press("В любое время")
    await tess.press("Готово")
    await asyncio.sleep(0.5)


def _answer(stage: Stage) -> None:
    """Let the proposed lawyer accept, open the card, note, and answer with a file."""
    for who in ("lawyer-1", "lawyer-2"):
        with closing(Visitor(stage.desk_url)) as visitor:
            if _answer_as(visitor, stage.staff[who], stage.code(who)):
                return
    raise AssertionError("the case was proposed to nobody")


def _answer_as(visitor: Visitor, person: NewStaff, code: str) -> bool:
    page = visitor.submit(
        visitor.get("/sign-in"), "/sign-in", name=person.id, passphrase=person.passphrase,
        code=code,
    )  # fmt: skip
    page = visitor.get(page.link("/case/"))
    if not [form for form in page.forms if form.action.endswith("/card")]:
        return False
    page = visitor.submit(page, "/accept")
    case = page.url
    page = visitor.submit(page, "/note", note=CANARIES["note"])
    page = visitor.submit(page, "/card", words=CANARIES["reason"])
    assert CANARIES["card"] in page.text
    visitor.submit(
        visitor.get(case), "/reply", text=CANARIES["reply"], file_is_safe="1",
        file=("file", CANARIES["reply file"], CANARIES["text"].encode()),
    )  # fmt: skip
    return True


async def _write_badly(tess: Tipster) -> None:
    """Send what nobody asked for, and edit."""
    number = (await tess.phone.text("сейчас исправлю"))[0]
    await tess.phone.act("edit", message_id=number, text=CANARIES["edited"])
    await tess.phone.act(
        "contact", phone_number=CANARIES["contact phone"], first_name=CANARIES["contact name"]
    )
    await tess.phone.act("location", latitude=float(LATITUDE), longitude=37.93)
    await tess.write(CANARIES["unknown command"])
    await tess.write("абзац абрикос абсурд аванс август авиация автобус автор агат агентство")
    await tess.phone.act("sticker", size=300)
    await tess.phone.act("voice", size=3000)
    await asyncio.sleep(0.5)


async def _leave_unfinished(tess: Tipster) -> None:
    """Begin a tip and go away."""
    await tess.write(CANARIES[WRITING])
    await tess.read("Получено")


async def _withdraw(tess: Tipster) -> None:
    """File a tip, then erase everything."""
    await tess.write(CANARIES["withdrawn"])
    await tess.press("Срочно")
    await tess.read("Передано")
    await tess.write("/menu")
    await tess.press("Стереть всё")
    await tess.press("Да, стереть")
    await tess.read("Стёрто")


def _picture() -> bytes:
    from subrosa.demo.picture import draw_page

    return draw_page() + CANARIES["text"].encode()


def _snapshot(stage: Stage) -> bytes:
    """Return the bytes of everything that lies about while the house runs."""
    time.sleep(0.5)
    sqlite3.connect(stage.folder / "database" / "house.db").close()
    return b"\n".join(path.read_bytes() for path in stage.folder.rglob("*") if path.is_file())
