"""What is given away is said once, in one line, after the case is handed over, and can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from casework.tables import Chunk, Item
from intake import coaching, events, giveaways, texts
from intake.coaching import Belated
from intake.events import File, Text
from intake.state import State, dumps, loads
from tests.house import House
from tests.phone import Phone, cases, read

JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif\0\0" + b"\0" * 40
# One directory with one entry, which leads to the places.
TIFF = b"II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0"
PLACED = b"\xff\xd8\xff\xe1\x00\x30Exif\0\0" + TIFF + b"\0" * 40


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (File(form="document", name="IMG_2041.JPG", content=JPEG), "camera"),
        (File(form="document", name="IMG_2041.JPG", content=PLACED), "place"),
        (File(form="document", name="IMG_2041.JPG", content=PLACED[:20]), "camera"),
        (File(form="video", content=b"\0" * 99 + b"\xa9xyz+48.05+037.93/"), "place"),
        (File(form="document", name="x.bin", content=b"Exif\0\0MM\0*\xff\xff\xff\xff"), "camera"),
        (File(form="photo", forwarded=True, author="Иван П.", content=b"x"), "author"),
        (File(form="photo", caption="склад боеприпасов возле посёлка", content=b"x"), "military"),
        (File(form="photo", content=JPEG), None),
        (File(form="document", name="Рапорт_Петров_И.И.docx", content=b"x"), "name"),
        (File(form="document", name="Иванов Иван.pdf", content=b"x"), "name"),
        (File(form="document", name="Иванов Иван.jpg", content=JPEG), "name"),
        (File(form="photo", caption="вот его паспорт", content=b"x"), "papers"),
        (File(form="document", name="военный билет.pdf", content=None, missing="too_large"), "papers"),
        (File(form="document", name="zayavlenie_AGS_Lyashok.docx", content=b"x"), "name"),
        (File(form="document", name="vypiska_CHekmenev_okt.pdf", content=b"x"), "name"),
        (File(form="document", name="povestka_sbory_2411.jpg", content=b"x"), None),
        (File(form="document", name="otkaz_svod_apr-okt_v7.xlsx", content=b"x"), None),
        (File(form="document", name="Снимок экрана 2026.png", content=b"x"), None),
        (File(form="document", name="WhatsApp Image.jpeg", content=b"x"), None),
        (File(form="voice", content=b"x"), None),
    ],
)
def test_what_a_file_gives_away(event: File, kind: str | None) -> None:
    """By name, caption and first bytes alone; what Telegram cleans itself is not warned of."""
    assert next(iter(giveaways.of_file(event)), None) == kind


def coached(said: list[str]) -> list[str]:
    lines = {texts.say(f"coach.{kind}", "ru") for kind in giveaways.KINDS}
    return [line for line in said if line in lines]


def test_an_album_is_told_one_line_and_only_after_it_is_handed_over(sqlite_house: House) -> None:
    """The gravest of what was noticed; then each thing once, and every file is sealed as it came."""
    tess = Phone(sqlite_house)
    for place in range(3):
        said = tess.file("document", JPEG, name=f"IMG_{place}.jpg", group="1")
        assert not coached(said)
    assert not coached(tess.file("photo", b"x", caption="паспорт", group="1"))
    tess.press("f.legal")
    said = tess.press("u.now")
    assert coached(said) == [texts.say("coach.papers", "ru")]
    assert said.index(texts.say("coach.papers", "ru")) > 0
    assert coached(tess.file("document", JPEG, name="IMG_9.jpg")) == [texts.say("coach.camera", "ru")]
    assert not coached(tess.file("document", JPEG, name="IMG_10.jpg"))
    assert not coached(tess.file("photo", b"x", caption="паспорт"))
    (case,) = cases(sqlite_house)
    files = read(sqlite_house, "alice", case.id, "file")
    assert sum(one["content"] == JPEG for one in files) == 5


def test_a_first_file_that_cannot_wait_is_handed_over_before_it_is_talked_of(sqlite_house: House) -> None:
    """Urgent first: received, handed over, and only then the line."""
    tess = Phone(sqlite_house)
    tess.press("now")
    said = tess.file("document", JPEG, name="IMG_1.jpg")
    assert len(coached(said)) == 1
    assert said[0] == texts.say("receipt.one", "ru")
    assert said.index(coached(said)[0]) == 2
    (case,) = cases(sqlite_house)
    assert case.status == "new"


@pytest.mark.parametrize(
    "text",
    [
        "48.0512, 37.9301 там стоят",
        "вот координаты блиндажа",
        "план наступления на среду",
        "у них три гаубицы и РСЗО",
        "37U DQ 12345 67890",
        "склад БК за школой",
    ],
)
def test_what_reads_like_reconnaissance_is_marked(text: str) -> None:
    """For the reader at the desk, and told to whoever wrote it; nothing is refused."""
    assert giveaways.of_text(Text(text=text)) == ("military",)


@pytest.mark.parametrize(
    "text",
    [
        "его отправляют на позиции без автомата",
        "командир сказал: завтра штурм, кто откажется, того в яму",
        "он танкист, служит в части 00491, их построили с оружием",
        "ранен 12.03, давление 120.80, комиссию не дают",
        "позвоните 89161234567, контракт до 31.12.2025",
        "план у нас один: вернуть сына",
    ],
)
def test_what_we_are_here_to_hear_is_not(text: str) -> None:
    """A mark on every story would be a mark on none."""
    assert giveaways.of_text(Text(text=text)) == ()


def test_what_gave_something_away_can_be_taken_back(sqlite_house: House) -> None:
    """Both papers of an album go with one tap; the rest stays, and the lawyer sees that something went."""
    tess = Phone(sqlite_house)
    tess.write("сына увозят")
    tess.file("photo", b"x" * 400_000, caption="паспорт", group="1")
    tess.file("photo", b"y", caption="паспорт, вторая страница", group="1")
    tess.file("photo", b"z", caption="двор", group="1")
    tess.press("f.legal")
    tess.press("u.now")
    assert tess.tap("Убрать фото")[0].startswith("Убрали: в деле этого больше нет")
    (case,) = cases(sqlite_house)
    assert [one["content"] for one in read(sqlite_house, "alice", case.id, "file")] == [b"z"]
    assert read(sqlite_house, "alice", case.id, "message")[-1]["marks"] == ["dropped"]
    with sqlite_house.database.read() as session:
        kept = set(session.scalars(select(Item.id)))
        assert set(session.scalars(select(Chunk.owner))) <= kept
    assert tess.tap("Убрать фото")[0].startswith("Отсюда это уже не убрать по отдельности")


def test_cards_and_authors_are_taken_back_apart_from_the_story(sqlite_house: House) -> None:
    """A contact, a point on the map, the author of a forward: dropped from the card, the words stay."""
    tess = Phone(sqlite_house)
    tess.write("вот что пишет сосед", forwarded=True, author="Сосед Пётр")
    tess.press("f.legal")
    said = tess.press("u.now")
    assert coached(said) == [texts.say("coach.author", "ru")]
    tess.tap("Убрать имя")
    tess.do(events.Contact(50, name="Ротный", phone="+7000"))
    tess.tap("Убрать карточку")
    tess.do(events.Location(51, latitude=48.0, longitude=37.9))
    tess.tap("Оставить")
    (case,) = cases(sqlite_house)
    cards = read(sqlite_house, "alice", case.id, "card")
    assert [set(one) & {"author", "contact", "location"} for one in cards] == [{"location"}]
    assert "вот что пишет сосед" in [one["text"] for one in read(sqlite_house, "alice", case.id, "message")]


def test_a_text_with_coordinates_is_kept_marked_and_can_be_dropped(sqlite_house: House) -> None:
    """It is taken in like any other; the line comes once the case is handed over."""
    tess = Phone(sqlite_house)
    assert not coached(tess.write("их держат тут: 48.0512, 37.9301"))
    tess.press("f.legal")
    assert coached(tess.press("u.now")) == [texts.say("coach.military", "ru")]
    (case,) = cases(sqlite_house)
    assert read(sqlite_house, "alice", case.id, "message")[0]["marks"] == ["military"]
    tess.tap("Убрать")
    assert [one["marks"] for one in read(sqlite_house, "alice", case.id, "message")] == [["dropped"]]


def test_what_came_late_is_heard_once_and_goes_with_what_its_name_gave_away() -> None:
    """Dropping the passport named in a caption drops the picture of it that came hours later too."""
    state = State(case="aa", filed=True, doubtful=(("papers", "01"),), coached="papers")
    came = Belated("aa", "02", "01", ("place",))
    heard = coaching.hear_late(state, [came, came, Belated("bb", "03", "04", ("camera",))])
    assert heard.doubtful == (("papers", "01"), ("place", "02"), ("papers", "02"))
    assert (heard.coach, heard.belated) == ("place", ("02",))
    assert coaching.hear_late(heard, [came]) == heard
    assert loads(dumps(heard)) == heard
    after, said = coaching.say(heard)
    assert [one.key for one in said] == ["coach.place"]
    assert coaching.say(after) == (after, ())
