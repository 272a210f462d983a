"""A large register of made-up entries, for claims and benchmarks about size."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from register import records
from register.entry import Count, Entry, Source
from register.places import subjects
from register.records import Published


def crowd(number: int) -> Iterator[Published]:
    """Make *number* published entries, every one with its own id, the same at every call."""
    codes = list(subjects())
    for n in range(number):
        # A multiplier without common factor spreads the ids and never meets itself below 2**50.
        spread = (n * 2654435761 % 2**50 << 6).to_bytes(8, "big")
        entry = Entry.new(
            title={"ru": f"Отказ номер {n}", "en": f"Refusal number {n}"},
            body={
                "ru": f"Текст записи {n} (Хроника, 9 марта). " * 8 + "\n\n" + f"Продолжение {n}. " * 12,
                "en": f"Text of entry {n} (Chronicle, Mar 9). " * 8 + "\n\n" + f"Continued {n}. " * 12,
            },
            branch=("marines", "airborne", "ground_forces")[n % 3],
            month=f"{2022 + n % 4}-{n % 12 + 1:02}",
            subject=codes[n % len(codes)],
            pressure=(("dismissal", "criminal_threat", "detention")[n % 3],),
            outcome=(("dismissed", "sent_anyway", "not_sent")[n % 3],),
            grade="reported",
            sources=(Source(outlet="Chronicle", day=date(2026, 3, 9), as_written="(Chronicle, Mar 9)"),),
            random=lambda size, drawn=spread: drawn[-size:],  # type: ignore[misc]
        )
        if n % 3 == 0:
            entry = msgspec.structs.replace(entry, counts=(_figure(n),))
        yield records.first(entry, date(2026, 1 + n % 3, 1 + n % 28))


def _figure(n: int) -> Count:
    people = n % 40 + 1
    return Count(
        as_written=f"{people} people",
        count_of="people_who_refused",
        unit="persons",
        value=people,
        countable=True,
    )
