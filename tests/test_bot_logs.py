"""What reaches a log: names of events and classes, whatever a library or an error says."""

from __future__ import annotations

import io
import logging
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import logs

CANARY = "bot123:канарейка"
ROOT = Path(__file__).parents[1]


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    stream = io.StringIO()
    logs.prepare(logging.StreamHandler(stream), logging.DEBUG)
    yield stream
    logging.captureWarnings(False)
    root.handlers = before
    root.setLevel(level)


@pytest.mark.parametrize(
    "name",
    ["httpx", "httpcore.connection", "telegram.ext.ExtBot", "apscheduler.executors", "sqlalchemy.engine",
     "PIL.PngImagePlugin", "python_multipart.multipart", "nobody.heard.of.this"],
)  # fmt: skip
def test_a_library_is_reduced_to_its_name(output: io.StringIO, name: str) -> None:
    logging.getLogger(name).debug("parsed %s", CANARY)
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


@pytest.mark.parametrize(
    "said",
    ["tick.failed keeper OperationalError", "keys.rotated epoch spool link", "hub.left_work 12",
     "desk.fault /case/{case:str} KeyError", "intake.cannot_reach"],
)  # fmt: skip
def test_what_we_say_of_ourselves_passes(output: io.StringIO, said: str) -> None:
    logging.getLogger("bot.work").warning(said)
    assert output.getvalue().rstrip().endswith(said)


@pytest.mark.parametrize(
    "slip",
    ["work.broke 5550001:AAH-practice-token-for-hubs", "work.broke мой сын отказался",
     "outbox.failed 700000001", "case.opened 3f9a0c1d2e4b5a69788796a5b4c3d2e1", "a sentence of somebody",
     "work.broke\nа это вторая строка", "work.broke KeyError('passport')"],
)  # fmt: skip
def test_a_slip_of_our_own_is_withheld(output: io.StringIO, slip: str) -> None:
    logging.getLogger("casework.items").error("%s", slip)
    logging.getLogger("desk").error("work.broke %d", slip)
    assert output.getvalue().count("event.withheld") == 2
    assert slip not in output.getvalue()


def test_a_warning_of_a_library_is_reduced_too(output: io.StringIO) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(CANARY, UserWarning, stacklevel=1)
    assert "library.spoke" in output.getvalue()
    assert CANARY not in output.getvalue()


LAST_WORDS = """
import logging, sys, threading
from bot import logs
logs.prepare(logging.StreamHandler(sys.stderr), logging.DEBUG)
logs.tell_by_class()
class Sticky:
    def __del__(self):
        raise LookupError("{canary}")
def break_():
    raise LookupError("{canary}")
thread = threading.Thread(target=break_)
thread.start()
thread.join()
sticky = Sticky()
del sticky
break_()
"""


def test_what_nobody_caught_is_told_by_its_class_alone() -> None:
    program = LAST_WORDS.replace("{canary}", CANARY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    for event in ("thread.broke", "object.broke", "process.broke"):
        assert f"{event} LookupError" in done.stderr
    assert CANARY not in done.stderr
    assert "Traceback" not in done.stderr


def test_every_event_in_the_code_has_the_form_that_passes() -> None:
    said = re.compile(r'log\.(?:debug|info|warning|error|critical|exception)\(\s*"([^"]+)"')
    found = 0
    for room in sorted(logs.OURS):
        for path in (ROOT / room).rglob("*.py"):
            for event in said.findall(path.read_text(encoding="utf-8")):
                assert logs._FORM.match(event.replace("%s", "Word").replace("%d", "7")), f"{path}: {event}"
                found += 1
    assert found > 20
