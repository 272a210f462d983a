"""What an officer sees of the bot from outside, read back and held against the list of words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from bot import identity as outside
from bot.emulator import Emulator
from bot.health import Health
from bot.telegram import Endpoint, build
from intake import identity
from subrosa.checkups import Finding, Level
from subrosa.checkups.looks import check_looks
from subrosa.settings import Settings
from tests.house import NOON
from tests.hubs import TOKEN


def settings(token_file: Path, base_url: str) -> Settings:
    telegram = SimpleNamespace(token_files=(token_file,), api_base_url=base_url, identity="neutral")
    return cast("Settings", SimpleNamespace(telegram=telegram))


async def look(token_file: Path, base_url: str) -> list[Finding]:
    return await asyncio.to_thread(lambda: list(check_looks(settings(token_file, base_url), NOON)))


async def test_the_doctor_reads_back_what_is_seen_from_outside(tmp_path: Path) -> None:
    """Not set: warned of. Set by the hub: neutral. Changed by hand to say what this is: red, and where."""
    token_file = tmp_path / "token"
    token_file.write_text(TOKEN)
    async with Emulator() as emulator:
        emulator.world.add_bot(TOKEN)
        first = await look(token_file, emulator.base_url)
        assert [one.level for one in first] == [Level.WARN]
        async with build(TOKEN, Endpoint(emulator.base_url)) as door:
            await outside.put_on(door, Health(tmp_path, lambda: NOON))
            assert [one.level for one in await look(token_file, emulator.base_url)] == [Level.OK]
            await door.set_my_short_description("Помощь тем, кто отказался", "ru")
        told = await look(token_file, emulator.base_url)
        assert (told[0].level, told[0].text) == (Level.RED, "says what this is (ru)")


async def test_a_telegram_that_does_not_answer_is_a_warning_and_no_fault(tmp_path: Path) -> None:
    """Nothing is said of what nobody could see; without a token another checkup speaks."""
    token_file = tmp_path / "token"
    assert await look(token_file, "http://127.0.0.1:9") == []
    token_file.write_text(TOKEN)
    (said,) = await look(token_file, "http://127.0.0.1:9")
    assert (said.level, said.text) == (Level.WARN, "could not be read back from Telegram")


def test_a_user_name_is_held_against_latin_words() -> None:
    """It is the one thing the hub cannot change."""
    assert identity.forbidden_in_user_name("otkazniki_help_bot")
    assert identity.forbidden_in_user_name("MilitaryLawyer_bot")
    assert not identity.forbidden_in_user_name("roza_notes_bot")
