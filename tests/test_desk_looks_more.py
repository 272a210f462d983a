"""The rooms around the cases in a browser: search, likeness, keeping, figures, requests, the locked desk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import Browser

from casework import rows, statistics
from casework.tables import Case, StaffState
from tests import test_desk_looks
from tests.deskhouse import DeskHouse
from tests.test_desk_looks import SHOTS, Served, furnish, look, watch

served, browser = test_desk_looks.served, test_desk_looks.browser

SOON = timedelta(days=9)


def live_in(desk: DeskHouse) -> None:
    """Let time have passed: slips of last month, an ended case, somebody away."""
    batch, olga = rows.Rows(), desk.house.staff["olga"].identity.recipient
    for n in range(40):
        facts = {"kind": "legal", "language": "ru", "urgency": ("now", "days", "normal")[n % 3]}
        if n % 2:
            facts |= {"outcome": ("helped", "advised")[n % 4 == 1], "topic": "refusal", "region": "RU-BU"}
        statistics.add_slip(batch, [olga], "2026-02", facts)
    ended, today = desk.file_case(assignee="alice"), desk.house.now.date()
    with desk.house.database.write() as session:
        rows.write(session, [batch])
        case = session.get_one(Case, ended)
        case.status, case.erase_on = "closed", today + SOON
        bob = session.get_one(StaffState, "bob")
        bob.away_from, bob.away_until, bob.stand_in = today, today + SOON, "alice"


@pytest.mark.full
@pytest.mark.browser
async def test_every_room_around_the_cases_holds_together(browser: Browser, served: Served) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    made = furnish(served.desk)
    live_in(served.desk)
    wrong: list[str] = []
    alice = await served.sign_in(browser, "alice", scripts=True)
    strange = watch(alice, served.url)
    await alice.goto(f"{served.url}/search")
    await alice.fill("#query", "рапорта")
    await alice.click("form[action='/search'] button")
    wrong += await look(alice, "search", "search")
    await alice.goto(f"{served.url}/case/{made['case'].hex()}/alike")
    await alice.click("form[action$='/alike'] button")
    wrong += await look(alice, "alike", "alike")
    await alice.goto(f"{served.url}/case/{made['case'].hex()}/export")
    wrong += await look(alice, "export", "export")
    await alice.goto(f"{served.url}/keeping")
    wrong += await look(alice, "keeping", "keeping")
    await alice.goto(f"{served.url}/account")
    await alice.fill("#pin", "204816")
    await alice.click("form[action='/account/pin'] button")
    wrong += await look(alice, "account-pin", "account")
    await alice.click("form[action='/lock'] button")
    wrong += await look(alice, "locked", "locked")
    carol = await served.sign_in(browser, "carol", scripts=True)
    tip = f"{served.url}/case/{made['tip'].hex()}"
    await carol.goto(tip)
    await carol.click("form[action$='/accept'] button")
    await carol.click("summary:has-text('Попросить часть карточки')")
    await carol.check("input[name=wanted][value=contact]")
    await carol.fill("#ask-reason", "Нужно уточнить у неё дату, чтобы запись была точной.")
    await carol.click("form[action$='/card/ask'] button")
    erin = await served.sign_in(browser, "erin", scripts=True)
    await erin.goto(f"{served.url}/bench")
    wrong += await look(erin, "bench-asked", "bench")
    await erin.click("form[action$='/card'] button")
    wrong += await look(erin, "card-asked", "card")
    olga = await served.sign_in(browser, "olga", scripts=True)
    await olga.goto(f"{served.url}/figures")
    await olga.click("form[action='/figures/close'] button")
    wrong += await look(olga, "figures", "figures")
    await olga.goto(f"{served.url}/house")
    wrong += await look(olga, "house-lived-in", "house")
    assert not wrong, "\n".join(wrong)
    assert not [one for one in strange if "401" not in one], strange
