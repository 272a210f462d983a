"""
The play: one story from the phone to the register, each door telling what it saw.

A mother asks for help and lets the story be told without names. A lawyer takes the case, answers, and passes
a brief to the editors. An editor writes a summary; the gate refuses the first wording; the lawyer's desk holds
the card against it; a second editor approves; the hub publishes; the mother's chat is clean again.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pyotp

from bot.emulator.client import Remote
from subrosa.demo.phone import Tipster
from subrosa.demo.picture import draw_page
from subrosa.demo.stage import Stage
from subrosa.demo.visitor import Page, UnexpectedPageError, Visitor
from subrosa.errors import ShellError

Say = Callable[[str, str], None]

STORY = (
    "Здравствуйте. Пишу за сына, он срочник. В части под Белгородом с них требуют подписать контракт.",
    "Он отказался письменно, рапорт не берут. Сказали: завтра отправим всех, кто не подписал.",
)
CARD = "Заречный Иван Петрович, +7 900 000-11-22, войсковая часть 00000. Я мать, он знает, что я пишу."
ANSWER = (
    "Пусть ничего не подписывает и подаст рапорт через канцелярию, второй экземпляр с отметкой."
    " Если не берут — заказным письмом военному прокурору. Образец прикладываю. Я на связи."
)
SHEET = "РАПОРТ\nПрошу не направлять меня … (образец, заполните сами)\n".encode()
BRIEF = "Срочник письменно отказался подписать контракт. Рапорт не приняли, пригрозили отправкой. Ему помогает юрист."
LEAKY = {
    "ru": "Заречный, срочник из части под Белгородом, отказался подписать контракт.",
    "en": "Zarechny, a conscript from a unit near Belgorod, refused to sign a contract.",
}
CLEAN = {
    "ru": "Военнослужащий срочной службы отказался подписать контракт. Заявление об отказе командование не приняло.",
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
        self.import_examples()
        async with Remote(self.stage.emulator.base_url) as sim:
            mother = await Tipster.arrive(sim, "Тесс", "ru")
            await self.tell(mother)
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
        code = pyotp.TOTP(person.totp_secret).now()
        visitor.submit(page, "/sign-in", name=who, passphrase=person.passphrase, code=code)
        self.visitors[who] = visitor
        return visitor

    # --- acts of the play ---

    def import_examples(self) -> None:
        """Import the example list and let two of the staff sign it."""
        raise NotImplementedError

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
        raise NotImplementedError

    async def read_answer(self, mother: Tipster) -> None:
        """Let the mother find the neutral line, tap it and read."""
        raise NotImplementedError

    def write_brief(self, lawyer: str, case: str) -> None:
        """Let the lawyer pass on what may be told."""
        raise NotImplementedError

    def publish(self, lawyer: str) -> str:
        """Let the editors write, be refused, mend, check, approve and release."""
        raise NotImplementedError

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
