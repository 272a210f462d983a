"""
The bot to compare with: python-telegram-bot as its own documentation shows it, storing nothing.

``python -m benchmarks.plain_bot ADDRESS TOKEN MESSAGES reply|drop`` polls with the library's updater, answers
every message with one line or with nothing, and prints ``done`` after so many messages.
"""

from __future__ import annotations

import logging
import sys

from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters


def main(address: str, token: str, messages: int, answer: str) -> None:
    """Run until ended."""
    left = messages

    async def hear(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        nonlocal left
        if answer == "reply" and update.message is not None:
            await update.message.reply_text("received")
        left -= 1
        if left == 0:
            print("done", flush=True)

    logging.disable(logging.CRITICAL)
    base = {"base_url": f"{address}/bot", "base_file_url": f"{address}/file/bot"}
    builder = ApplicationBuilder().token(token).base_url(base["base_url"])
    application = builder.base_file_url(base["base_file_url"]).build()
    application.add_handler(MessageHandler(filters.ALL, hear))
    application.run_polling(allowed_updates=["message"])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
