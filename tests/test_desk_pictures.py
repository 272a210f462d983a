"""Pictures: plain pixels under black boxes, signed with the text, looked at by a second person."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import date
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy import select

from casework import erasure
from casework.actors import Actor
from casework.database import Database
from casework.redaction.detectors import Detectors
from casework.tables import Case, Draft, DraftPicture, Item, Verdict
from crypto.signature import SigningKey
from desk import preview
from register import bundle, pictures, records
from register.entry import Entry, Picture
from register.errors import PictureError
from register.settings import SiteSettings
from subrosa.chores import Chores
from subrosa.printing import Printer
from tests.deskhouse import Browser, DeskHouse, open_desk
from tests.test_desk_drafts import CARD, CLEAN, REST

STORY = "Наш взвод отказался идти на позиции. Больше ничего не скажу."
SIZE = (400, 300)
# What a camera and a messenger leave in a file, and where the face is: a colour found nowhere else.
CANARIES = [b"CANARY-GPS-55.7558", b"CANARY-SERIAL-0042", b"CANARY-COMMENT", b"CANARY-XMP", b"CANARY-TEXT"]
FILE_NAME = "CANARY-IMG_20260312.jpg"
FACE, FACE_AT = (250, 10, 240), (100, 100, 180, 180)
SAYS = {"alt_ru": "Казарма, лица закрыты."}


def photo(kind: str = "JPEG") -> bytes:
    """Take a photo with everything in it that must not leave."""
    image = Image.new("RGB", SIZE, (90, 140, 60))
    image.paste(FACE, FACE_AT)
    exif = Image.Exif()
    exif[0x010E] = CANARIES[0].decode()
    exif[0xA431] = CANARIES[1].decode()
    thumbnail = BytesIO()
    image.resize((64, 48)).save(thumbnail, "JPEG")
    told = PngInfo()
    told.add_text("Comment", CANARIES[4].decode())
    more: dict[str, Any] = {
        "JPEG": {
            "comment": CANARIES[2],
            "xmp": CANARIES[3],
            "icc_profile": CANARIES[4] + thumbnail.getvalue(),
        },
        "PNG": {"pnginfo": told},
    }[kind]
    body = BytesIO()
    image.save(body, kind, exif=exif.tobytes(), **more)
    assert sum(one in body.getvalue() for one in CANARIES) >= 2
    return body.getvalue()


@pytest.fixture
def desk(sqlite_database: Database, tmp_path: Path, detectors: Detectors) -> Iterator[DeskHouse]:
    folder = tmp_path / "records"
    with open_desk(sqlite_database, tmp_path, detectors=lambda: detectors, records_dir=folder) as opened:
        yield opened


@pytest.fixture
def chores(desk: DeskHouse, tmp_path: Path) -> Chores:
    settings = SiteSettings(base_url="https://register.example", languages=("ru",))
    printer = Printer(tmp_path / "records", tmp_path / "site", settings, SigningKey.generate())
    house = cast("Any", SimpleNamespace(register=SimpleNamespace(channel="", batch_hours=())))
    nothing, held = cast("Any", None), desk.house
    return Chores(house, held.database, held.strongbox, held.anchor, nothing, printer, lambda: held.now)


def begin(
    desk: DeskHouse, carol: Browser, *files: tuple[str, str, bytes], may_picture: bool = True
) -> tuple[str, list[str]]:
    """Let Carol accept a tip with *files* and begin an entry; return its address and the files' ids."""
    sent = files or ((FILE_NAME, "image/jpeg", photo()),)
    case = desk.file_case("editors", assignee="carol", text=STORY, card=CARD, files=sent)
    with desk.house.database.write() as session:
        session.get_one(Case, case).may_picture = may_picture
    where = f"/case/{case.hex()}"
    assert carol.do(where, f"{where}/accept", second="dan").status_code == 303
    draft = carol.do(where, f"{where}/draft").headers["location"]
    form = carol.form(draft, f"{draft}/save")
    assert carol.post(f"{draft}/save", {**form, **REST, **CLEAN}).status_code == 303
    return draft, re.findall(r'name="item" value="([0-9a-f]{32})"', carol.page(draft))


def draw(carol: Browser, draft: str, item: str) -> str:
    """Begin a picture; return its address."""
    answer = carol.do(draft, f"{draft}/picture", item=item)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def click(carol: Browser, picture: str, x: int, y: int, width: int = 640) -> str:
    """Click on the picture where it is shown *width* pixels wide; return where that leads."""
    form = carol.form(picture, f"{picture.partition('?')[0]}/click")
    answer = carol.post(
        f"{picture.partition('?')[0]}/click", {**form, f"at{width}.x": str(x), f"at{width}.y": str(y)}
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).partition("#")[0]


def cover(carol: Browser, picture: str) -> None:
    """Cover the face with two clicks: 640 pixels wide on the screen, 400 in the file."""
    click(carol, click(carol, picture, 304, 304), 144, 144)


def row(desk: DeskHouse) -> Draft:
    with desk.house.database.read() as session:
        return session.scalars(select(Draft)).one()


def named(carol: Browser, draft: str) -> list[str]:
    return re.findall(rf'src="{draft}/pictures/([0-9a-f]{{64}})"', carol.page(draft))


def describe(carol: Browser, draft: str, **words: str) -> None:
    (name,) = named(carol, draft)
    assert carol.do(draft, f"{draft}/pictures/{name}/describe", **(words or SAYS)).status_code == 303


def freeze(carol: Browser, draft: str, **fields: str) -> Any:
    form = carol.form(draft, f"{draft}/save")
    return carol.post(f"{draft}/freeze", {**form, **REST, **CLEAN, **fields})


def release(desk: DeskHouse, carol: Browser, draft: str) -> None:
    """Take a frozen draft to the press."""
    desk.sign_in("erin").do(draft, f"{draft}/check")
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    (name,) = named(dan, draft)
    assert dan.do(draft, f"{draft}/approve", looked=name).status_code == 303
    assert dan.do(draft, f"{draft}/publish", when="now", why="не ждёт").status_code == 303


def publish(desk: DeskHouse, chores: Chores) -> tuple[Browser, str, str]:
    """Let a covered picture become public; return Carol's browser, the public id and the picture's name."""
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol)
    cover(carol, draw(carol, draft, item))
    describe(carol, draft)
    assert freeze(carol, draft).status_code == 303
    release(desk, carol, draft)
    (name,) = named(carol, draft)
    chores.publish()
    chores.pack()
    return carol, row(desk).public_id, name


def check_plain(body: bytes, name: str) -> None:
    """Check that of a photo only pixels remain, and under the box not even those."""
    assert hashlib.sha256(body).hexdigest() == name
    assert pictures.measure(body) == SIZE
    image = Image.open(BytesIO(body))
    assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert not [one for one in (*CANARIES, b"Exif", b"ICC", b"http") if one in body]
    left, top, right, bottom = FACE_AT
    inside = image.crop((left - 10, top - 10, right + 10, bottom + 10))
    assert max(high for _low, high in cast("Any", inside).getextrema()) < 40
    assert image.getpixel((20, 20)) != (0, 0, 0)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_of_a_photo_only_pixels_remain_and_under_a_box_not_even_those(kind: str) -> None:
    drawn = preview.redact(photo(kind), f"image/{kind.lower()}", 0, [(90, 90, 190, 190)])
    check_plain(drawn.jpeg, hashlib.sha256(drawn.jpeg).hexdigest())


def test_a_picture_is_published_under_its_hash_and_taken_down_without_a_trace(
    desk: DeskHouse, chores: Chores, tmp_path: Path
) -> None:
    _carol, public_id, name = publish(desk, chores)
    site = tmp_path / "site"
    check_plain((site / "pictures" / public_id / f"{name}.jpg").read_bytes(), name)
    page = (site / "ru" / "entries" / f"{public_id}.html").read_text()
    assert f'src="../../pictures/{public_id}/{name}.jpg" width="400" height="300"' in page
    assert 'alt="Казарма, лица закрыты." loading="lazy"' in page
    assert f"pictures/{public_id}/{name}.jpg" in (site / "SHA256SUMS").read_text()
    bundle.verify(site, chores.printer.key.public)
    with desk.house.database.read() as session:
        assert not session.scalars(select(DraftPicture)).all(), "what is public is kept in one place"
        assert {one.level for one in session.scalars(select(Verdict))} == {"warn", "pass"}
    for path in sorted(tmp_path.rglob("*")):
        body = path.read_bytes() if path.is_file() else b""
        assert not [one for one in (*CANARIES, FILE_NAME.encode()) if one in body], path
    assert name.encode() in zipped(site)
    chores.printer.withdraw(public_id, "safety", desk.house.now)
    chores.printer.build(desk.house.now)
    chores.pack()
    assert not list(tmp_path.rglob(f"{name}*"))
    assert name not in (site / "SHA256SUMS").read_text()
    assert name.encode() not in zipped(site)
    bundle.verify(site, chores.printer.key.public)


def zipped(site: Path) -> bytes:
    return (site / "register.zip").read_bytes()


@pytest.mark.full
def test_every_box_and_every_word_voids_what_was_signed(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol)
    picture = draw(carol, draft, item)
    describe(carol, draft)
    for act in ("box", "undo", "describe"):
        assert freeze(carol, draft).status_code == 303
        carol.do(draft, f"{draft}/sign")
        assert row(desk).digest
        before = named(carol, draft)
        if act == "box":
            cover(carol, picture)
        elif act == "undo":
            assert carol.do(picture, f"{picture}/change", box="1").status_code == 303
        else:
            describe(carol, draft, alt_ru="Казарма.")
        assert row(desk).digest is None
        assert (named(carol, draft) == before) == (act == "describe")


@pytest.mark.full
def test_the_approver_ticks_every_picture_or_nothing_is_signed(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol)
    draw(carol, draft, item)
    describe(carol, draft)
    freeze(carol, draft)
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    page = dan.page(draft)
    assert "Nothing on this picture is covered" in page
    (name,) = named(dan, draft)
    assert dan.get(f"{draft}/pictures/{name}").status_code == 200
    assert dan.do(draft, f"{draft}/approve").status_code == 409
    assert dan.do(draft, f"{draft}/approve", looked="0" * 64).status_code == 409
    assert row(desk).status == "review"
    assert dan.do(draft, f"{draft}/approve", looked=name).status_code == 303


@pytest.mark.full
def test_without_the_tipsters_word_on_pictures_a_picture_stays_in(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol, may_picture=False)
    cover(carol, draw(carol, draft, item))
    describe(carol, draft)
    freeze(carol, draft)
    desk.sign_in("erin").do(draft, f"{draft}/check")
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    (name,) = named(dan, draft)
    dan.do(draft, f"{draft}/approve", looked=name)
    assert dan.do(draft, f"{draft}/publish").status_code == 409
    carol.do(draft, f"{draft}/pictures/{name}/take-out")
    assert named(carol, draft) == []
    with desk.house.database.read() as session:
        assert not session.scalars(select(DraftPicture)).all()


@pytest.mark.full
def test_a_picture_is_described_in_every_language_and_the_words_pass_the_gate(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol)
    draw(carol, draft, item)
    assert freeze(carol, draft).status_code == 409
    describe(carol, draft)
    english = {"title_en": "Marines refused to go", "body_en": "A group of marines refused to go back."}
    assert freeze(carol, draft, **english).status_code == 409
    describe(carol, draft, alt_ru="Игорь Кошкин у казармы.", alt_en="Barracks.")
    assert freeze(carol, draft, **english).status_code == 303
    desk.sign_in("erin").do(draft, f"{draft}/check")
    with desk.house.database.read() as session:
        assert {one.half: one.level for one in session.scalars(select(Verdict))}["holder"] == "block"


@pytest.mark.full
def test_voice_never_and_nobody_elses_file(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    files = (("v.ogg", "audio/ogg", b"OggS" + b"\0" * 50), (FILE_NAME, "image/jpeg", photo()))
    draft, (item,) = begin(desk, carol, *files)
    assert "A voice tells who speaks" in carol.page(draft)
    database = desk.house.database
    with database.read() as session:
        ids = {one.hex() for one in session.scalars(select(Item.id).where(Item.kind == "file"))}
    (voice,) = ids - {item}
    assert carol.do(draft, f"{draft}/picture", item=voice).status_code == 409
    other = desk.file_case("editors", assignee="dan", files=((FILE_NAME, "image/jpeg", photo()),))
    with database.read() as session:
        theirs = session.scalars(select(Item.id).where(Item.case == other, Item.kind == "file")).one()
    assert carol.do(draft, f"{draft}/picture", item=theirs.hex()).status_code == 404
    picture = draw(carol, draft, item)
    dan = desk.sign_in("dan")
    assert dan.get(picture).status_code == 404
    fields = carol.form(picture, f"{picture}/box")
    stale = {**fields, "left": "0", "top": "0", "right": "50", "bottom": "50"}
    assert carol.post(f"{picture}/box", stale).status_code == 303
    assert carol.post(f"{picture}/box", {**stale, "once": "another-form-0"}).status_code == 409


@pytest.mark.full
def test_a_page_of_a_document_becomes_a_picture(desk: DeskHouse) -> None:
    body = BytesIO()
    pages = [Image.new("RGB", (300, 400), colour) for colour in ((255, 255, 255), (10, 200, 10))]
    pages[0].save(body, "PDF", save_all=True, append_images=pages[1:], title="CANARY-TITLE")
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol, ("приказ.pdf", "application/pdf", body.getvalue()))
    picture = draw(carol, draft, item)
    assert carol.do(picture, f"{picture}/change", page="3").status_code == 422
    assert carol.do(picture, f"{picture}/change", page="2").status_code == 303
    (name,) = named(carol, draft)
    drawn = carol.get(f"{draft}/pictures/{name}").content
    assert b"CANARY" not in drawn
    red, green, _blue = cast("Any", Image.open(BytesIO(drawn)).getpixel((50, 50)))
    assert green > 150 > red


@pytest.mark.full
def test_a_correction_takes_a_picture_out_and_a_take_down_leaves_none(
    desk: DeskHouse, chores: Chores, tmp_path: Path
) -> None:
    carol, public_id, name = publish(desk, chores)
    draft = carol.do("/published", f"/published/{public_id}/correct").headers["location"]
    assert carol.get(f"{draft}/pictures/{name}").status_code == 200
    carol.do(draft, f"{draft}/pictures/{name}/take-out")
    assert freeze(carol, draft, correction_ru="Снимок снят.").status_code == 303
    carol.do(draft, f"{draft}/sign")
    dan = desk.sign_in("dan")
    dan.do(draft, f"{draft}/no-case")
    assert dan.do(draft, f"{draft}/approve").status_code == 303
    assert dan.do(draft, f"{draft}/publish", when="now", why="снимок").status_code == 303
    chores.publish()
    assert not list(tmp_path.rglob(f"{name}*"))
    assert "Снимок снят." in (tmp_path / "site" / "ru" / "entries" / f"{public_id}.html").read_text()


@pytest.mark.full
def test_what_is_erased_takes_its_pictures_along(desk: DeskHouse) -> None:
    carol = desk.sign_in("carol")
    draft, (item,) = begin(desk, carol)
    draw(carol, draft, item)
    house = desk.house
    with house.database.read() as session:
        case = session.scalars(select(Case.id)).one()
        assert session.scalars(select(DraftPicture)).all()
    erasure.erase(
        house.database, house.strongbox, case, by=Actor("hub", 0, house.strongbox.signing), now=house.now,
        mirror=lambda: None, remember=lambda _case: None, escrow_days=7,
    )  # fmt: skip
    with house.database.read() as session:
        assert not session.scalars(select(DraftPicture)).all()


def test_the_register_refuses_a_picture_that_is_another_or_more_than_pixels(tmp_path: Path) -> None:
    entry = Entry.new(title={"ru": "Отказался"}, body={"ru": "Он отказался."})
    for body in (photo(), photo()[:-2] + b"tail\xff\xd9", b""):
        name = hashlib.sha256(body).hexdigest()
        shown = Picture(sha256=name, width=400, height=300, alt={"ru": "Казарма"})
        one = msgspec.structs.replace(entry, pictures=(shown,))
        with pytest.raises(PictureError):
            records.put(tmp_path, one, date(2026, 11, 1), given={name: body})
        with pytest.raises(PictureError):
            records.put(tmp_path, one, date(2026, 11, 1))
    assert records.get(tmp_path, entry.id) is None
    assert not list(tmp_path.rglob("*.jpg"))
