"""The pages of a case in a browser: filled in by hand, in every width and theme, without a script of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser

from casework.database import Database
from casework.redaction.detectors import Detectors
from tests.browser import chromium
from tests.test_desk_looks import SHOTS, Served, furnish, look, serving, watch

pytestmark = pytest.mark.browser


@pytest.fixture
def served(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[Served]:
    with serving(sqlite_database, tmp_path, detectors) as desk:
        yield desk


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


async def test_every_page_of_a_case_is_filled_in_by_hand_and_holds_together(
    browser: Browser, served: Served
) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = furnish(served.desk)
    case = f"/case/{made['case'].hex()}"
    wrong: list[str] = []
    alice = await served.sign_in(browser, "alice", scripts=True)
    strange = watch(alice, served.url)
    await alice.goto(served.url + case)
    await alice.click("form[action$='/accept'] button")
    await alice.click("nav.tabs >> text=Сроки и задачи")
    await alice.fill("#dl-day", "2026-03-12")
    await alice.select_option("#dl-kind", "court")
    await alice.fill("#dl-source", "Повестка гарнизонного военного суда, показала мать")
    await alice.click("form[action$='/deadline'] button.strong")
    await alice.fill("#tl-day", "2026-03-02")
    await alice.select_option("#tl", "refusal_report")
    await alice.click("form[action$='/timeline'] button")
    await alice.click("text=Добавить список")
    await alice.click("button[value=refusal]")
    wrong += await look(alice, "case-work", case)
    await alice.click("nav.tabs >> text=Люди")
    await alice.select_option("#party-role", "commander")
    await alice.fill(
        "#party-name", "подполковник с очень длинной должностью и двойной фамилией Петров-Водкин"
    )
    await alice.click("form[action$='/party'] button")
    await alice.click("text=Добавить людей")
    await alice.fill("#names", "\n".join(f"Рядовой {n}" for n in range(1, 13)))
    await alice.select_option("#new-state", "filed")
    await alice.click("form[action$='/people'] button")
    for n in range(9):
        await alice.check(f"input[type=checkbox][name=row] >> nth={n}")
    await alice.select_option("#to-state", "withdrew")
    await alice.fill("#to-note", "после беседы с прокурором")
    await alice.click("form[action$='/people/change'] button.strong")
    assert await alice.locator("text=забрал рапорт или иск: 9").count() == 1
    wrong += await look(alice, "case-people", case)
    await alice.click("nav.tabs >> text=Связи")
    await alice.select_option("#split-topic", "detention")
    await alice.fill("#split-why", "Обжаловать задержание отдельно.")
    await alice.click("form[action$='/split'] button")
    assert await alice.locator("text=Второе дело того же человека").count() >= 1
    await alice.goto(f"{served.url}{case}/ties")
    wrong += await look(alice, "case-ties", case)
    await alice.click("nav.tabs >> text=Документы")
    wrong += await look(alice, "case-papers", case)
    await alice.click("text=Рапорт об отказе")
    await alice.fill(
        "#f_reason", "Убеждения не позволяют мне участвовать в войне.\nМеня обманули об учениях."
    )
    await alice.click("form[action$='/refusal_report'] button.strong")
    wrong += await look(alice, "paper", case)
    await alice.goto(f"{served.url}{case}/answer")
    await alice.fill("#text", "Здравствуйте. Подайте рапорт ещё раз.\n\nДва экземпляра.")
    await alice.click("form[action$='/answer'] button")
    await alice.click("summary >> text=Как подать рапорт")
    wrong += await look(alice, "answer", case)
    await alice.goto(f"{served.url}/answers")
    wrong += await look(alice, "answers", "answers")
    await alice.click("text=Нужны подробности")
    wrong += await look(alice, "answers-chosen", "answers")
    await alice.click("form[action='/answers'] > button.strong")
    assert await alice.locator("text=Вернуть всё").count() == 1
    wrong += await look(alice, "answers-waiting", "answers")
    await alice.click("text=Вернуть всё")
    await alice.goto(f"{served.url}{case}")
    wrong += await look(alice, "case-deadline", case)
    await alice.goto(f"{served.url}/queue")
    wrong += await look(alice, "queue-deadlines", "queue")
    assert not wrong, "\n".join(wrong)
    assert not strange, strange
