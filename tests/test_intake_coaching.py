"""What a file gives away is said once, in one line, and never before the case is handed over."""

from __future__ import annotations

import pytest

from intake import coaching, texts
from intake.events import File
from tests.house import House
from tests.phone import Phone, cases, read

JPEG = b"\xff\xd8\xff\xe1\x00\x10Exif\0\0" + b"\0" * 40


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (File(form="document", name="IMG_2041.JPG", content=JPEG), "place"),
        (File(form="photo", content=JPEG), None),
        (File(form="document", name="Рапорт_Петров_И.И.docx", content=b"x"), "name"),
        (File(form="document", name="Иванов Иван.pdf", content=b"x"), "name"),
        (File(form="document", name="Иванов Иван.jpg", content=JPEG), "name"),
        (File(form="photo", caption="вот его паспорт", content=b"x"), "papers"),
        (File(form="document", name="военный билет.pdf", content=None, missing="too_large"), "papers"),
        (File(form="document", name="Снимок экрана 2026.png", content=b"x"), None),
        (File(form="document", name="WhatsApp Image.jpeg", content=b"x"), None),
        (File(form="voice", content=b"x"), None),
    ],
)
def test_what_a_file_gives_away(event: File, kind: str | None) -> None:
    """By name, caption and first bytes alone; what Telegram cleans itself is not warned of."""
    assert coaching.notice(event) == kind


def coached(said: list[str]) -> list[str]:
    lines = {texts.say(f"coach.{kind}", "ru") for kind in coaching.KINDS}
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
    assert coached(tess.file("document", JPEG, name="IMG_9.jpg")) == [texts.say("coach.place", "ru")]
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
