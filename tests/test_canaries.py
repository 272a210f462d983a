"""Nothing that identifies a tipster lies in clear, and no key of the hub opens what is sealed to staff."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select

from casework.database import connect
from casework.strongbox import Strongbox
from casework.tables import Base, Case, Writing
from crypto import header, sealed
from crypto.errors import NotForUsError
from crypto.xwing import Identity
from subrosa import configuration
from tests.lived_in import CANARIES, LATITUDE, LivedIn, live, spellings


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory) -> LivedIn:
    """Live in a house once for all claims."""
    return live(tmp_path_factory.mktemp("lived") / "house")


@pytest.mark.parametrize("what", CANARIES)
def test_no_word_of_a_tipster_lies_anywhere_in_clear(left: LivedIn, what: str) -> None:
    for spelling in spellings(CANARIES[what]):
        assert len(spelling) >= 8
        assert spelling not in left.running, what
        for name, body in left.bytes_left():
            assert spelling not in body, f"{what} in {name}"


def test_no_chat_id_lies_anywhere_in_clear(left: LivedIn) -> None:
    assert len(left.phones) == 4
    for phone in left.phones:
        for name, body in left.bytes_left():
            assert str(phone).encode() not in body, name
            if phone.bit_length() > 31:
                assert phone.to_bytes(8, "little") not in body, name
                assert phone.to_bytes(8, "big") not in body, name
        assert str(phone).encode() not in left.running


def test_no_token_and_no_coordinate_lies_in_a_log_or_a_copy(left: LivedIn) -> None:
    for name, body in left.bytes_left():
        assert LATITUDE.encode() not in body, name
        if name != "telegram.token":
            assert b"practice-token-of-no-real-bot" not in body, name


def rows(left: LivedIn) -> Iterator[tuple[str, str, bytes]]:
    """Return every sealed or locked value of the database, with where it lies."""
    settings = configuration.load(left.folder / "subrosa.toml")
    database = connect(settings.database.url)
    with database.read() as session:
        open_now = set(session.scalars(select(Writing.case)))
        for table in Base.metadata.sorted_tables:
            for row in session.execute(select(table)).mappings():
                if {row.get("case"), row.get("owner")} & open_now:
                    continue
                for column in table.columns:
                    value = row[column.name]
                    if isinstance(column.type, LargeBinary) and value and len(value) > 200:
                        yield table.name, column.name, bytes(value)
    database.close()


# What the hub must be able to open, because it acts on it.
ITS_OWN = {"push", "press", "contact", "handin"}


def test_every_key_of_the_hub_opens_nothing_that_is_sealed_to_staff(left: LivedIn) -> None:
    settings = configuration.load(left.folder / "subrosa.toml")
    box = Strongbox.load(settings.hub.state_dir, settings.hub.runtime_dir, datetime.now(UTC))
    identities = [
        Identity.from_seed(key.secret) for family in box.families.values() for key in family.keys.values()
    ]
    tried = 0
    for table, _column, value in rows(left):
        if table in ITS_OWN or not value.startswith(b"age-encryption.org/v1"):
            continue
        stanzas = header.read(BytesIO(value).readline).stanzas
        for identity in identities:
            tried += 1
            with pytest.raises(NotForUsError):
                identity.unwrap(stanzas)
    assert tried > 100


def test_the_search_for_openings_would_find_one() -> None:
    identity = Identity.generate()
    value = sealed.seal(b"a control", [identity.recipient], b"any")
    assert identity.unwrap(header.read(BytesIO(value).readline).stanzas)


def test_an_erased_case_left_no_row(left: LivedIn) -> None:
    settings = configuration.load(left.folder / "subrosa.toml")
    erased = (Path(settings.escrow.medium) / "erased").read_text().split()
    assert len(erased) == 1
    database = connect(settings.database.url)
    gone = bytes.fromhex(erased[0])
    with database.read() as session:
        assert session.get(Case, gone) is None
        for table in Base.metadata.sorted_tables:
            if table.name == "journal":
                continue
            for row in session.execute(select(table)).mappings():
                assert gone not in [value for value in row.values() if isinstance(value, bytes)], table.name
    database.close()
