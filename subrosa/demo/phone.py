"""The tipster of the demo, at the practice phone."""

from __future__ import annotations

from bot.emulator.client import Line, Remote, RemotePhone


class Tipster:
    """A person on a phone: reads what shows, presses what is offered, writes."""

    def __init__(self, phone: RemotePhone) -> None:
        self.phone = phone

    @classmethod
    async def arrive(cls, sim: Remote, name: str, language: str) -> Tipster:
        """Take out a phone and open the chat."""
        phone = await sim.phone(first_name=name, language_code=language)
        tipster = cls(phone)
        await phone.start()
        return tipster

    async def write(self, text: str) -> None:
        """Send a message."""
        await self.phone.text(text)

    async def send_photo(self, content: bytes, name: str) -> None:
        """Send a picture as a file, so that nothing re-encodes it."""
        await self.phone.send("document", content, name)

    async def read(self, part: str) -> Line:
        """Wait until the bot says something with *part* in it."""
        return await self.phone.wait_for(
            lambda line: line.from_bot and part in line.text and not line.is_deleted
        )

    async def press(self, label: str) -> None:
        """Wait for a button whose words hold *label*, and press it."""
        line = await self.phone.wait_for(
            lambda line: (
                line.from_bot and not line.is_deleted and any(label in text for text, _data in line.buttons)
            )
        )
        whole = next(text for text, _data in line.buttons if label in text)
        await self.phone.press(line.message_id, text=whole)

    async def chat(self) -> list[Line]:
        """Return what shows on the phone now."""
        return [line for line in await self.phone.lines() if not line.is_deleted]
