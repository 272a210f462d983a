"""From a tip to the press: the narrative masked, both halves of the gate, two people, 409 for all else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from casework import keeper, keys, releases
from casework.database import Database
from casework.redaction import gate
from casework.redaction.detectors import Detectors
from casework.tables import (
    Case,
    Draft,
    Grant,
    Item,
    JournalRow,
    Letter,
    Press,
    SealingKey,
    Verdict,
    Wording,
)
from crypto.keyring import open_grant
from crypto.xwing import Identity
from desk import checking, chores, gating
from register import entry as entries
from tests.deskhouse import Browser, DeskHouse, open_desk

STORY = (
    "Меня зовут Анна Кошкина, мой муж Игорь Кошкин служит в морской пехоте. Двенадцатого марта он и ещё "
    "восемь человек отказались идти на позиции. Телефон для связи +7 914 555-01-23."
)
CARD = {"kind": "text", "text": "Игорь Кошкин, 8 914 555-01-23, 155-я бригада"}
CLEAN = {
    "title_ru": "Морские пехотинцы отказались возвращаться на позиции",
    "body_ru": "Группа морских пехотинцев отказалась вернуться на позиции. Их обещали отправить домой.",
}
REST = {
    "title_en": "", "body_en": "", "original": "ru", "item_type": "refusal_group", "is_refusal": "1",
    "branch": "marines", "service": "contract", "month": "2026-03", "subject": "RU-PRI", "outcome": "pending",
    "grounds": "danger", "grade": "withheld", "sources": "",
}  # fmt: skip


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors) as opened:
        yield opened


def begin(desk: DeskHouse, carol: Browser, text: str = STORY) -> str:
    """Let Carol accept a tip and begin an entry from it; return the draft's address."""
    case = desk.file_case("editors", assignee="carol", text=text, card=CARD)
    where = f"/case/{case.hex()}"
    assert carol.do(where, f"{where}/accept", second="dan").status_code == 303
    return carol.do(where, f"{where}/draft").headers["location"]


def write(browser: Browser, draft: str, act: str = "save", **fields: str) -> Any:
    form = browser.form(draft, f"{draft}/save")
    return browser.post(f"{draft}/{act}", {**form, **REST, **CLEAN, **fields})


def row(desk: DeskHouse) -> Draft:
    with desk.house.database.read() as session:
        return session.scalars(select(Draft)).one()


def acts(desk: DeskHouse) -> list[str]:
    with desk.house.database.read() as session:
        return list(session.scalars(select(JournalRow.act).order_by(JournalRow.n)))


def test_a_tip_becomes_an_entry_by_two_people_and_both_halves(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    assert write(carol, draft, "freeze").status_code == 303
    assert row(desk).status == "review"
    erin = desk.sign_in("erin")
    assert "waits for your check" in erin.page("/bench")
    erin.do("/bench", "/bench/check")
    assert carol.do(draft, f"{draft}/sign").status_code == 303
    dan = desk.sign_in("dan")
    assert dan.do(draft, f"{draft}/approve").status_code == 303
    assert dan.do(draft, f"{draft}/publish").status_code == 303
    with desk.house.database.write() as session:
        ready = releases.due_press(session, desk.house.strongbox.press, desk.house.staffing(), desk.house.now)
    (public,) = ready
    entry = entries.loads(public.public)
    assert entry.title["ru"] == CLEAN["title_ru"]
    assert entry.id == public.public_id
    assert {"freeze", "verdict", "check-card", "approve", "release"} <= set(acts(desk))


def test_what_may_identify_is_masked_until_somebody_chooses_to_read_it(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    page = carol.page(draft)
    assert "отказались идти на позиции" in page
    for secret in ("Кошкин", "914"):
        assert secret not in page
    form = carol.form(draft, f"{draft}/unmask")
    places = [part.split('"')[0] for part in page.split('name="place" value="')[1:]]
    assert carol.post(f"{draft}/unmask", {**form, "place": places[0]}).status_code == 303
    assert "Анна" in carol.page(draft) or "Кошкин" in carol.page(draft)
    assert acts(desk).count("unmask") == 1


def test_a_name_from_the_card_is_blocked_by_the_holders_half(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol, text="Наш взвод отказался идти. Больше ничего не скажу.")
    told = "Игоря Кошкина и его товарищей держали взаперти."
    assert write(carol, draft, "freeze", body_ru=told).status_code == 303
    erin = desk.sign_in("erin")
    answer = erin.do(draft, f"{draft}/check")
    assert answer.status_code == 303
    with desk.house.database.read() as session:
        levels = {one.half: one.level for one in session.scalars(select(Verdict))}
    assert levels["holder"] == "block"
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    assert "Кошкина" in dan.page(draft), "the finding shows the draft's own words"
    assert "914" not in dan.page(draft), "and never the card's"
    assert dan.do(draft, f"{draft}/approve").status_code == 409
    assert dan.do(draft, f"{draft}/approve", override="1").status_code == 422
    assert row(desk).status == "review"


SECRETS = ("Бурмистров", "Зинаида", "Лукинич", "555-01-23", "9145550123", "Клинцы")
FULL_CARD = {
    "kind": "text",
    "text": "Глеб Бурмистров, мать Зинаида Лукинична, +7 914 555-01-23, Клинцы",
}


def test_database_and_an_editors_keyring_hold_no_string_of_any_card(desk: DeskHouse) -> None:
    """After a check that found the name: the verdict the editor reads says where in her text, and no more."""
    carol = desk.sign_in("carol")
    case = desk.file_case("editors", assignee="carol", text="Больше ничего не скажу.", card=FULL_CARD)
    where = f"/case/{case.hex()}"
    carol.do(where, f"{where}/accept", second="dan")
    draft = carol.do(where, f"{where}/draft").headers["location"]
    write(carol, draft, "freeze", body_ru="Бурмистрову угрожали.")
    desk.sign_in("erin").do(draft, f"{draft}/check")
    with desk.house.database.read() as session:
        levels = {one.half: one.level for one in session.scalars(select(Verdict))}
    assert levels["holder"] == "block"
    opened = "\n".join(opened_by(desk, "carol"))
    assert "ничего не скажу" in opened and "угрожали" in opened, "she opens her case and her text"
    for secret in SECRETS[1:]:
        assert secret not in opened, secret
    assert opened.count("Бурмистров") == opened.count("Бурмистрову"), "the name is there as she wrote it"
    file = Path(str(desk.house.database.engine.url.database))
    raw = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert len(raw) > 50_000
    for secret in SECRETS:
        assert secret.encode() not in raw, secret
    assert "Зинаида" in "\n".join(opened_by(desk, "erin")), "the search would find it where it can be opened"


def opened_by(desk: DeskHouse, who: str) -> Iterator[str]:
    """Open all that a keyring and even the hub's own lock open of the database: items, drafts, verdicts."""
    staff = desk.house.staff[who]
    with desk.house.database.read() as session:
        found: dict[tuple[bytes, int], Identity] = {}
        for grant in session.scalars(select(Grant).where(Grant.staff == who)):
            key = session.get_one(SealingKey, (grant.owner, grant.compartment, grant.generation))
            place = keys.grant_context(keys.public_of(key), who)
            seed = open_grant(staff, keeper.open_grant(grant, desk.house.strongbox), place)
            identity = Identity.from_seed(seed)
            for item in session.scalars(select(Item).where(Item.case == grant.owner)):
                if (item.compartment, item.generation) == (grant.compartment, grant.generation):
                    yield json.dumps(keys.open_item(item, identity), ensure_ascii=False, default=str)
            found[grant.owner, grant.generation] = identity
        for one in session.scalars(select(Draft)):
            held = found.get((one.id, one.generation))
            if held is None:
                continue
            yield releases.open_draft(one, held).decode()
            for verdict in session.scalars(select(Verdict).where(Verdict.draft == one.id)):
                yield str(gating.read_findings(one.id, verdict.digest, verdict.sealed, [held]))


def test_a_brothers_surname_from_another_lawyers_case_stops_a_release(desk: DeskHouse) -> None:
    alice = desk.sign_in("alice")
    card = {"kind": "text", "text": "Мой брат Глеб Бурмистров, Клинцы"}
    legal = desk.file_case("legal", assignee="alice", text="Прошу помощи.", card=card)
    alice.do(f"/case/{legal.hex()}", f"/case/{legal.hex()}/accept", second="bob")
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, "freeze", body_ru="Вместе с ними отказался Бурмистров.")
    desk.sign_in("erin").do(draft, f"{draft}/check")
    with desk.house.database.read() as session:
        assert {one.level for one in session.scalars(select(Verdict).where(Verdict.half == "holder"))} == {
            "pass"
        }
    desk.sign_in("alice").do(draft, f"{draft}/check")
    with desk.house.database.read() as session:
        by_alice = select(Verdict.level).where(Verdict.half == "holder", Verdict.staff == "alice")
        assert session.scalars(by_alice).one() == "block"
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    assert dan.do(draft, f"{draft}/approve").status_code == 409
    assert "Клинцы" not in dan.page(draft)


def test_the_holders_half_runs_by_itself_at_the_desk_of_a_custodian(desk: DeskHouse) -> None:
    carol, erin = desk.sign_in("carol"), desk.sign_in("erin")
    draft = begin(desk, carol)
    write(carol, draft, "freeze")
    state = desk.app.state.desk
    judged = [
        chores.do(checking.check_waiting, state, session) for session in state.sessions.living(desk.house.now)
    ]
    assert sum(judged) == 1
    assert not erin.page("/bench").count("waits for your check")
    with desk.house.database.read() as session:
        assert session.scalar(select(Verdict.staff).where(Verdict.half == "holder")) == "erin"


def test_only_the_approver_overrides_a_block_with_a_reason(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, "freeze", body_ru="Игорь Кошкин отказался идти на позиции.")
    carol.do(draft, f"{draft}/sign")
    desk.sign_in("erin").do(draft, f"{draft}/check")
    dan = desk.sign_in("dan")
    why = "Он сам выступил под своим именем."
    assert dan.do(draft, f"{draft}/approve", override="1", reason=why).status_code == 303
    assert acts(desk).count("override") == 1


def test_a_source_who_asked_is_shown_exactly_the_text_and_without_a_yes_it_stays(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    with desk.house.database.write() as session:
        session.scalars(select(Case)).one().wants_word = True
    write(carol, draft, "freeze")
    assert "The source&#39;s word: not asked" in carol.page(draft)
    tokens = carol.form("/account", "/account/duty")
    frozen = row(desk)
    stale = {**tokens, "version": str(frozen.version), "digest": "00" * 32}
    assert carol.post(f"{draft}/show-source", stale).status_code == 409
    assert carol.do(draft, f"{draft}/show-source").status_code == 303
    with desk.house.database.read() as session:
        asked = session.scalars(select(Wording)).one()
        case = session.scalars(select(Case)).one()
        assert (asked.answer, asked.digest, case.status) == ("asked", frozen.digest, "waiting_source")
        assert session.scalars(select(Letter)).all()
    assert "The source&#39;s word: shown, no answer yet" in carol.page(draft)
    talk = carol.page(f"/case/{case.id.hex()}")
    assert CLEAN["body_ru"] in talk
    assert frozen.digest is not None
    assert f"SHA-256 {frozen.digest.hex()}" in talk
    carol.do(draft, f"{draft}/sign")
    desk.sign_in("erin").do(draft, f"{draft}/check")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    tokens = dan.form("/account", "/account/duty")
    spoken = {**tokens, "digest": frozen.digest.hex(), "answer": "yes"}
    assert dan.post(f"{draft}/source-said", spoken).status_code == 403
    with desk.house.database.write() as session:
        session.scalars(select(Wording)).one().answer = "yes"
    assert dan.do(draft, f"{draft}/publish").status_code == 303


def test_what_is_being_written_is_kept_sealed_and_a_frozen_text_is_left_alone(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    answer = carol.get(draft)
    policy = answer.headers["content-security-policy"]
    assert "script-src http://desk.test/static/keep.js;" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.text.count("<script") == 1
    first = write(carol, draft, "keep", body_ru="Пишу и пишу.")
    assert first.headers["content-type"].startswith("application/json")
    told = first.json()
    assert told["version"] == row(desk).version
    assert "Kept by itself" in told["said"]
    form = carol.form(draft, f"{draft}/save")
    again = {**form, **REST, **CLEAN, "once": told["once"], "version": str(told["version"])}
    assert carol.post(f"{draft}/keep", again).status_code == 200
    assert CLEAN["body_ru"] in carol.page(draft)
    assert carol.post(f"{draft}/keep", {**again, "once": "x1"}).status_code == 409, "somebody was faster"
    assert b"\xd0\x93\xd1\x80\xd1\x83\xd0\xbf\xd0\xbf" not in row(desk).sealed
    write(carol, draft, "freeze")
    digest = row(desk).digest
    assert write(carol, draft, "keep", body_ru="Ещё.").status_code == 409
    assert row(desk).digest == digest
    dan = desk.sign_in("dan")
    assert "script-src" not in dan.get(draft).headers["content-security-policy"]
    assert "<script" not in dan.page(draft)


@pytest.mark.parametrize("missing", ["approval", "holder", "author", "edited"])
def test_publishing_what_is_not_ready_is_409_and_changes_nothing(desk: DeskHouse, missing: str) -> None:
    carol, dan = desk.sign_in("carol"), desk.sign_in("dan")
    draft = begin(desk, carol)
    write(carol, draft, "freeze")
    if missing != "author":
        carol.do(draft, f"{draft}/sign")
    if missing not in ("holder", "author"):
        desk.sign_in("erin").do(draft, f"{draft}/check")
    if missing in ("holder", "edited"):
        dan.do(draft, f"{draft}/approve")
    frozen = row(desk)
    assert frozen.digest is not None
    tokens = carol.form("/account", "/account/duty")
    fields = {**tokens, "version": str(frozen.version), "digest": frozen.digest.hex()}
    if missing == "edited":
        write(carol, draft, body_ru="Другой текст.")
        fields["version"] = str(row(desk).version)
    before = (row(desk).status, row(desk).version)
    answer = carol.post(f"{draft}/publish", fields)
    assert answer.status_code == 409, answer.text
    assert (row(desk).status, row(desk).version) == before
    with desk.house.database.read() as session:
        assert session.scalars(select(Press)).first() is None


def test_a_text_held_back_until_a_day_is_409_until_then(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = carol.do("/drafts", "/drafts").headers["location"]
    write(carol, draft, "freeze", sources="Медиазона | 2026-03-02 | https://zona.media/a", grade="reported")
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    dan.do(draft, f"{draft}/no-case")
    assert dan.do(draft, f"{draft}/hold", until="завтра").status_code == 422
    assert dan.do(draft, f"{draft}/hold", until="2026-03-20").status_code == 303
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    assert dan.do(draft, f"{draft}/hold", until="").status_code == 303
    assert acts(desk).count("lift") == 1
    assert dan.do(draft, f"{draft}/publish", when="batch").status_code == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Press.now)).one() is False


def test_at_once_is_the_approvers_word_with_a_reason_and_never_the_authors(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = carol.do("/drafts", "/drafts").headers["location"]
    write(carol, draft, "freeze", sources="Медиазона | 2026-03-02 | https://zona.media/a", grade="reported")
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    dan.do(draft, f"{draft}/no-case")
    assert carol.do(draft, f"{draft}/publish", when="now", why="Мне некогда.").status_code == 403
    assert dan.do(draft, f"{draft}/publish", when="now", why="").status_code == 422
    assert dan.do(draft, f"{draft}/publish", when="now", why="Суд завтра утром.").status_code == 303
    with desk.house.database.read() as session:
        assert session.scalars(select(Press.now)).one() is True
        assert "Суд".encode() not in (session.scalars(select(Draft)).one().haste or b"")
    assert "goes out within minutes" in carol.page(draft)


def test_a_text_held_until_something_has_happened_is_409_until_the_one_who_is_asked_says_so(
    desk: DeskHouse,
) -> None:
    carol = desk.sign_in("carol")
    draft = carol.do("/drafts", "/drafts").headers["location"]
    write(carol, draft, "freeze", sources="Медиазона | 2026-03-02 | https://zona.media/a", grade="reported")
    carol.do(draft, f"{draft}/sign")
    carol.do(draft, f"{draft}/hold-until", condition="когда он уедет из части", asked="dan")
    assert f"{draft}/answer" not in carol.page(draft)
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    dan.do(draft, f"{draft}/no-case")
    assert "когда он уедет из части" in dan.page(draft)
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    assert dan.do(draft, f"{draft}/answer", answer="not_yet").status_code == 303
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    assert dan.do(draft, f"{draft}/answer", answer="yes").status_code == 303
    assert dan.do(draft, f"{draft}/publish").status_code == 303


def test_a_finding_is_mended_by_one_click_and_the_click_taken_back(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    told = "12 марта морские пехотинцы отказались вернуться."
    write(carol, draft, "freeze", body_ru=told)
    page = carol.page(draft)
    assert ">в марте</button>" in page
    assert ">весной</button>" in page
    form = carol.form(draft, f"{draft}/mend")
    assert carol.post(f"{draft}/mend", {**form, "finding": "99", "rung": "0"}).status_code == 422
    assert carol.do(draft, f"{draft}/mend", finding="0", rung="0").status_code == 303
    assert "В марте морские пехотинцы отказались вернуться." in carol.page(draft)
    assert row(desk).digest is None
    assert f"{draft}/mend" not in carol.page(draft)
    assert carol.do(draft, f"{draft}/undo").status_code == 303
    assert told in carol.page(draft)


def test_a_click_on_a_finding_of_another_text_changes_nothing(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, "freeze", body_ru="12 марта морские пехотинцы отказались вернуться.")
    stale = carol.form(draft, f"{draft}/mend")
    write(carol, draft, "freeze", body_ru="Весной морские пехотинцы отказались вернуться.")
    assert carol.post(f"{draft}/mend", {**stale, "finding": "0", "rung": "0"}).status_code == 409
    assert f"{draft}/mend" not in desk.sign_in("dan").page(draft)


def test_who_asks_the_gate_again_and_again_is_counted_slowed_and_shown(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gating, "FREEZES_A_DAY", 2)
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    for _ in range(2):
        assert write(carol, draft, "freeze").status_code == 303
    before = row(desk).version
    assert write(carol, draft, "freeze", body_ru="Ещё одно имя.").status_code == 429
    assert row(desk).version == before
    shown = desk.sign_in("olga").page("/house")
    assert re.search(r"<b>carol</b> <span class=\"chip num amber\">2</span>", shown)


def test_an_author_never_approves_alone_and_an_edit_voids_everything(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    write(carol, draft, "freeze")
    form = carol.form(draft, f"{draft}/sign")
    assert carol.post(f"{draft}/approve", {**form, "once": "mine"}).status_code == 403
    carol.post(f"{draft}/sign", form)
    dan = desk.sign_in("dan")
    stale = dan.form(draft, f"{draft}/approve")
    write(carol, draft, body_ru="Поправлено после проверки.")
    assert dan.post(f"{draft}/approve", stale).status_code == 409
    with desk.house.database.read() as session:
        assert session.scalars(select(Verdict)).first() is None
    assert row(desk).digest is None


def test_an_editor_who_is_not_on_the_case_sees_the_entry_but_no_narrative(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    case = desk.file_case("editors", assignee="carol", text=STORY)
    where = f"/case/{case.hex()}"
    carol.do(where, f"{where}/accept", second="")
    draft = carol.do(where, f"{where}/draft").headers["location"]
    write(carol, draft)
    dan = desk.sign_in("dan")
    page = dan.page(draft)
    assert CLEAN["title_ru"] in page
    assert "Двенадцатого" not in page
    assert 'name="place"' not in page
    tokens = dan.form("/account", "/account/duty")
    place = f"{case.hex()}:0:4"
    assert dan.post(f"{draft}/unmask", {**tokens, "place": place}).status_code == 404
    assert carol.do(draft, f"{draft}/unmask", place="x").status_code == 422
    assert dan.post(f"{draft}/save", {**tokens, "version": "2", **REST, **CLEAN}).status_code == 403


def test_custodians_and_lawyers_open_a_draft_only_once_it_is_frozen(desk: DeskHouse) -> None:
    carol, erin, alice = desk.sign_in("carol"), desk.sign_in("erin"), desk.sign_in("alice")
    draft = begin(desk, carol)
    write(carol, draft)
    assert erin.get(draft).status_code == 404
    assert alice.get(draft).status_code == 404
    write(carol, draft, "freeze")
    assert erin.get(draft).status_code == 200
    assert alice.get(draft).status_code == 200


def test_without_detectors_nothing_freezes_and_nothing_is_unmasked(
    desk: DeskHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)

    def broken(*_: object) -> None:
        raise RuntimeError("Кошкин")

    monkeypatch.setattr(gate, "editors_half", broken)
    answer = write(carol, draft, "freeze")
    assert answer.status_code == 409
    assert "Кошкин" not in answer.text
    assert row(desk).digest is None


def test_an_entry_without_a_case_needs_the_approvers_word_that_there_is_none(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = carol.do("/drafts", "/drafts").headers["location"]
    source = "Медиазона | 2026-03-02 | https://zona.media/a"
    assert write(carol, draft, "freeze", sources=source, grade="reported").status_code == 303
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/approve")
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    assert dan.do(draft, f"{draft}/no-case").status_code == 303
    assert "/no-case" not in dan.page(draft), "once is enough"
    assert dan.do(draft, f"{draft}/publish").status_code == 303
    assert "goes out in an hour of a batch" in carol.page(draft)


def test_an_incomplete_entry_is_not_frozen(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft = begin(desk, carol)
    answer = write(carol, draft, "freeze", title_ru="", grade="reported")
    assert answer.status_code == 409
    assert "This grade needs a public source" in answer.text
    assert "No title" in answer.text
    assert write(carol, draft, month="вчера").status_code == 422
    assert write(carol, draft, sources="Издание | вчера | https://a.example").status_code == 422
    assert write(carol, draft, branch="cavalry").status_code == 422


def test_a_lawyers_brief_reaches_editors_as_a_case_of_their_own(desk: DeskHouse) -> None:
    case = desk.file_case("legal", assignee="alice", text="Подробности клиента, которых редакторы не увидят.")
    where = f"/case/{case.hex()}"
    alice = desk.sign_in("alice")
    alice.do(where, f"{where}/accept", second="bob")
    told = "Контрактник добился увольнения через суд."
    assert alice.do(where, f"{where}/brief", text=told, consent="Согласна, устно.").status_code == 303
    carol = desk.sign_in("carol")
    queue = carol.page("/queue")
    brief = queue.split('href="/case/')[1].split('"')[0]
    page = carol.page(f"/case/{brief}")
    assert told in page
    assert "Подробности" not in page
    assert case.hex() not in page
    carol.do(f"/case/{brief}", f"/case/{brief}/accept", second="dan")
    draft = carol.do(f"/case/{brief}", f"/case/{brief}/draft").headers["location"]
    body = "Военнослужащий по контракту уволился по решению суда."
    assert write(carol, draft, "freeze", body_ru=body).status_code == 303
    assert alice.do(draft, f"{draft}/check").status_code == 303
    with desk.house.database.read() as session:
        assert session.scalar(select(Verdict.staff).where(Verdict.half == "holder")) == "alice"
