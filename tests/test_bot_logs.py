"""What reaches a log: names of events and classes, whatever a library or an error says."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from bot import logs

CANARY = "bot123:канарейка"


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before = list(root.handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *logs.FOREIGN)}
    stream = io.StringIO()
    logs.prepare(logging.StreamHandler(stream), logging.DEBUG)
    yield stream
    root.handlers = before
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    "name", ["httpx", "httpcore.connection", "telegram.ext.ExtBot", "apscheduler.executors"]
)
def test_a_library_is_reduced_to_its_name(output: io.StringIO, name: str) -> None:
    logging.getLogger(name).info("HTTP Request: POST https://t/%s/getMe", CANARY)
    logging.getLogger(name).error("could not parse %s", CANARY)
    assert CANARY not in output.getvalue()
    assert output.getvalue().count("library.spoke") == 1


def test_no_traceback_is_written(output: io.StringIO) -> None:
    try:
        raise LookupError(CANARY)  # noqa: TRY301
    except LookupError:
        logging.getLogger("bot.work").exception("work.broke")
    assert "work.broke" in output.getvalue()
    assert CANARY not in output.getvalue()
    assert "Traceback" not in output.getvalue()
