"""
The play: one story from the phone to the register, each door telling what it saw.

A mother asks for help and lets the story be told without names. A lawyer takes the case, answers, and
passes a brief to the editors. An editor writes a summary; the gate refuses the first wording; the lawyer's
desk holds the card against it; a second editor approves; the hub publishes.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from bot.emulator.client import Remote
from register import entry, examples, lists
from subrosa.demo.phone import Tipster
from subrosa.demo.picture import draw_page
from subrosa.demo.stage import Stage
from subrosa.demo.visitor import NoSuchFormError, Page, UnexpectedPageError, Visitor
from subrosa.errors import ShellError

Say = Callable[[str, str], None]

STORY = (
    "Здравствуйте. Пишу за сына, он срочник. В части под Белгородом с них требуют подписать контракт.",
    "Он отказался письменно, рапорт не берут. Сказали: завтра отправим всех, кто не подписал.",
)
CARD = "Несебятьев Иван Петрович, +7 900 000-11-22, войсковая часть 00000. Я мать, он знает, что я пишу."
ANSWER = (
    "Пусть ничего не подписывает и подаст рапорт через канцелярию, второй экземпляр с отметкой."
    " Если не берут — заказным письмом военному прокурору. Образец прикладываю. Я на связи."
)
SHEET = "РАПОРТ\nПрошу не направлять меня … (образец, заполните сами)\n".encode()
BRIEF = (
    "Срочник письменно отказался подписать контракт. Рапорт не приняли, пригрозили отправкой."
    " Ему помогает юрист."
)
LEAKY = {
    "ru": "Несебятьев, срочник из части под Белгородом, отказался подписать контракт.",
    "en": "Nesebyatyev, a conscript from a unit near Belgorod, refused to sign a contract.",
}
CLEAN = {
    "ru": (
        "Военнослужащий срочной службы отказался подписать контракт."
        " Заявление об отказе командование не приняло."
    ),
    "en": "A conscript refused to sign a contract. His command would not accept the refusal in writing.",
}
TITLE = {"ru": "Срочник отказался подписать контракт", "en": "A conscript refused to sign a contract"}

PATIENCE = 20.0  # seconds the play waits for the hub before it calls the step failed


class StepFailedError(ShellError):
    """A step of the play failed"""


@dataclass
class Play:
    """One performance on a stage."""

    stage: Stage
    say: Say
    visitors: dict[str, Visitor] = field(default_factory=dict)

    async def perform(self) -> str:
        """
        Play everything and return the public id of the entry.

        Raises:
            ShellError: a step failed; says which.
        """
        async with Remote(self.stage.emulator.base_url) as sim:
            mother = await Tipster.arrive(sim, "Тесс", "ru")
            imported, _ = await asyncio.gather(asyncio.to_thread(self.import_examples), self.tell(mother))
            self.say("register", f"{imported} practice entries are public, since two editors signed one list")
            lawyer, case = self.take_case()
            await self.read_answer(mother)
            self.write_brief(lawyer, case)
            return self.publish(lawyer)

    def close(self) -> None:
        """Close every browser."""
        for visitor in self.visitors.values():
            visitor.close()

    # --- who is at which desk ---

    def sign_in(self, who: str) -> Visitor:
        """Open a browser for *who* and sign in."""
        if who in self.visitors:
            return self.visitors[who]
        person = self.stage.staff[who]
        visitor = Visitor(self.stage.desk_url)
        page = visitor.get("/sign-in")
        code = self.stage.code(who)
        visitor.submit(page, "/sign-in", name=who, passphrase=person.passphrase, code=code)
        self.visitors[who] = visitor
        return visitor

    # --- acts of the play ---

    def import_examples(self) -> int:
        """Land the practice register as a list in review, let two sign it, and return how many it holds."""
        entries = [one.entry for one in examples.load() if one.entry is not None]
        self.stage.land_list(lists.pack(entries))
        for who in ("editor-1", "editor-2"):
            visitor = self.sign_in(who)
            page = visitor.get(visitor.get("/imports").link("/imports/"))
            visitor.submit(page, "/sign")
        self.wait_for_pages("the practice register", len(entries))
        return len(entries)

    async def tell(self, mother: Tipster) -> None:
        """Let the mother tell her story."""
        await mother.read("Telegram")
        self.say("phone", "the bot greets: Telegram can read this chat, we keep it sealed, send no positions")
        for line in STORY:
            await mother.write(line)
        await mother.send_photo(draw_page(), "IMG_20260310.jpg")
        await mother.read("Получено")
        self.say("phone", "two messages and a photo; «received» came after they were sealed and stored")
        await mother.press("И то, и другое")
        await mother.press("Отправить")
        await mother.press("часы")
        await mother.read("юрист")
        await mother.press("После отправки")
        await mother.write(CARD)
        await mother.press("Дальше")
        await mother.press("Сюда, тихо")
        await mother.press("В любое время")
        await mother.press("Пересказать")
        await mother.press("Показать коллегам")
        await mother.press("Готово")
        self.say("phone", "urgent; name and phone on a card for the lawyer alone; may be told without names")

    def take_case(self) -> tuple[str, str]:
        """Let the lawyer the hub proposed take the case and answer."""
        for who in ("lawyer-1", "lawyer-2"):
            visitor = self.sign_in(who)
            page = self.wait_until("a case in the queue", partial(_case_page, visitor))
            if not any(form.action.endswith("/give-back") for form in page.forms):
                continue
            self.say("hub", "sealed to the lawyers on duty, routed once, a clock of one hour started")
            page = visitor.submit(page, "/accept")
            case = page.url
            self.say("desk", f"{who} accepts: a new key, and colleagues not on the case lose theirs")
            visitor.submit(page, "/card", reason="contact")
            self.say("desk", f"{who} opens the card, with a reason, in the journal")
            page = visitor.get(case)
            visitor.submit(page, "/reply", text=ANSWER, file_is_safe="1", file=("file", "raport.txt", SHEET))
            self.say("desk", f"{who} answers, with a file")
            return who, case
        raise StepFailedError("nobody was proposed")

    async def read_answer(self, mother: Tipster) -> None:
        """Let the mother find the neutral line, tap it and read."""
        line = await mother.phone.wait_for(lambda line: line.is_silent and "Открыть" in str(line.buttons))
        self.say("phone", f"one silent line with a button, no words of the answer: «{line.text}»")
        await mother.press("Открыть")
        await mother.read("Пусть ничего не подписывает")
        self.say("phone", "after the tap the answer and the file; they leave the chat again by themselves")

    def write_brief(self, lawyer: str, case: str) -> None:
        """Let the lawyer pass on what may be told."""
        visitor = self.sign_in(lawyer)
        visitor.submit(visitor.get(case), "/brief", text=BRIEF, consent="Согласие дала в чате, без имён")
        self.say("desk", f"{lawyer} passes a brief to the editors; the case itself stays behind the wall")

    def publish(self, lawyer: str) -> str:
        """Let the editors write, be refused, mend, check, approve and release."""
        author, approver = self.sign_in("editor-1"), self.sign_in("editor-2")
        page = self.wait_until("a brief in the queue", partial(_case_page, author))
        page = author.submit(page, "/accept")
        page = self.wait_until("the key of the brief", lambda: author.get(page.url))
        page = author.submit(page, "/draft")
        draft = page.url.split("?")[0]
        page = self.freeze(author, draft, LEAKY)
        self.refuse(author, lawyer, draft)
        page = self.freeze(author, draft, CLEAN)
        page = author.submit(author.get(draft), "/sign")
        self.say(
            "desk", "editor-1 mends the wording; the gate has nothing against it; editor-1 signs the hash"
        )
        self.judge(lawyer, draft)
        self.say(
            "desk",
            f"{lawyer}, who can open the card, lets the desk hold it against the text: nothing matches",
        )
        page = approver.submit(approver.get(draft), "/approve")
        page = approver.submit(
            approver.get(draft), "/publish", when="now", why="показ: ждать ближайшего выпуска некому"
        )
        self.say("desk", "editor-2 approves the same hash and releases it")
        public_id = self.public_id(approver.get(draft))
        self.wait_for_public("the new entry", lambda ids: public_id in ids)
        self.say("register", f"entry {public_id} is public; its link to the case is gone")
        return public_id

    def freeze(self, author: Visitor, draft: str, words: dict[str, str]) -> Page:
        """Write the entry and freeze it: the editor's half of the gate runs on this very wording."""
        return author.submit(
            author.get(draft),
            "/save",
            instead="/freeze",
            title_ru=TITLE["ru"],
            title_en=TITLE["en"],
            body_ru=words["ru"],
            body_en=words["en"],
            branch="ground_forces",
            service="conscript",
            month="2026-03",
            is_refusal="1",
            grade="withheld",
        )

    def refuse(self, author: Visitor, lawyer: str, draft: str) -> None:
        """Show that the first wording cannot get out."""
        author.submit(author.get(draft), "/sign")
        self.judge(lawyer, draft)
        approver = self.sign_in("editor-2")
        approver.submit(approver.get(draft), "/approve", status=409)
        self.say(
            "desk", "the first wording names him: the card's holder's desk blocks it, approving answers 409"
        )

    def judge(self, lawyer: str, draft: str) -> None:
        """Hold the text against the card that *lawyer* can open."""
        judge = self.sign_in(lawyer)
        page = judge.get(draft)
        with suppress(NoSuchFormError):  # the desk did it by itself meanwhile
            judge.submit(page, "/check")

    def public_id(self, page: Page) -> str:
        """Return the public number a draft's page names."""
        known = [word for word in page.text.split() if entry.is_id(word)]
        if not known:
            raise StepFailedError("the draft has no public number")
        return known[0]

    def wait_for_pages(self, what: str, number: int) -> None:
        """Wait until the register has a page for each of *number* entries."""
        pages = self.stage.settings.register.output_dir / "ru" / "entries"
        deadline = time.monotonic() + PATIENCE
        while len(list(pages.glob("*.html"))) < number:
            if time.monotonic() > deadline:
                raise StepFailedError(what)
            time.sleep(0.1)

    def wait_for_public(self, what: str, is_there: Callable[[set[str]], bool]) -> None:
        """Wait until the register's data show it."""
        data = self.stage.settings.register.output_dir / "data" / "register.json"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            # A take-down deletes the file at once; it follows again a moment later.
            with suppress(FileNotFoundError):
                ids = {one["id"] for one in json.loads(data.read_bytes())["entries"]}
                if is_there(ids):
                    return
            time.sleep(0.2)
        raise StepFailedError(what)

    def wait_until(self, what: str, look: Callable[[], Page | None]) -> Page:
        """Look again and again until *look* finds something."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                found = look()
            except UnexpectedPageError:
                found = None
            if found is not None:
                return found
            time.sleep(0.2)
        raise StepFailedError(what)


def _case_page(visitor: Visitor) -> Page | None:
    """Open the first case of the queue, if there is one."""
    queue = visitor.get("/queue")
    found = [link for link in queue.links if link.startswith("/case/")]
    return visitor.get(found[0]) if found else None
