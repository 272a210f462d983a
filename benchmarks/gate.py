"""
How well and how fast the gate judges: ``python -m benchmarks.gate --json``.

* *cases*: blocked, warned and passed shares of a file of expected verdicts, and warnings per 1,000 clean
  characters. Without the file (``--cases FILE``) this part is left out. ``--publish register/data/gate.json``
  writes how many got through, for readers of the register; what it says of texts never met before stays.
* *inflection*: invented surnames declined by independent rules, found in a draft.
* *schemes*: each Latin scheme left out of the sealed side in turn, then used in the draft.
* *strangers*: paragraphs of a file of published text (``--clean FILE``) against random identities.
* *suggest*: surnames found in a narrative, in normal and in lower-case writing.
* *speed*: seconds to load, milliseconds for a draft of 5,000 characters, megabytes at the end.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rapidfuzz import fuzz, process

from casework.redaction import fold, gate, romanise
from casework.redaction.detectors import Detectors
from casework.redaction.findings import Level
from casework.redaction.suggest import suggest
from register import honesty
from register.honesty import GateRate
from tests.gatehouse import OBLIQUE, identity, in_case, surname

FRAMES = (
    "Вчера увезли {} и ещё двоих.",
    "Рассказали, что у {} забрали телефон.",
    "Мы вместе с {} писали рапорт.",
)
FILLER = "Отказников держали без воды и еды, угрожали расстрелом и заставляли подписывать новый контракт. "


def judge_cases(detectors: Detectors, cases: list[dict[str, Any]]) -> dict[str, float]:
    """Return the shares of expected verdicts that were given."""
    answers = [(case, gate.check(detectors, case)) for case in cases]

    def share(expected: str, *given: str) -> float:
        verdicts = [str(answer["verdict"]) for case, answer in answers if case["expected"] == expected]
        return sum(v in given for v in verdicts) / len(verdicts) if verdicts else float("nan")

    clean = [(case, answer) for case, answer in answers if case["expected"] == "pass"]
    warnings = sum(len(list(answer["findings"])) for _, answer in clean)  # type: ignore[call-overload]
    return {
        "block_recall": share("block", "block"),
        "warn_or_more": share("warn", "warn", "block"),
        "clean_blocked": share("pass", "block"),
        "clean_passed": share("pass", "pass"),
        "warnings_per_1000_clean_characters": warnings
        / max(1, sum(len(c["draft"]) for c, _ in clean))
        * 1000,
    }


def leak_rate(detectors: Detectors, cases: list[dict[str, Any]], day: date) -> GateRate:
    """
    Return how many texts that hold something got through: a block that was none, a warning that never came.

    This is the rate the register's honesty page shows.
    """
    held = [case for case in cases if case["expected"] != "pass"]
    enough = {"block": ("block",), "warn": ("warn", "block")}
    leaked = sum(gate.check(detectors, case)["verdict"] not in enough[str(case["expected"])] for case in held)
    return GateRate(day, len(held), leaked)


def inflection(detectors: Detectors, chance: random.Random, count: int) -> float:
    """Return the share of declined surnames that block."""
    hits = 0
    for _ in range(count):
        name = surname(chance)
        draft = chance.choice(FRAMES).format(in_case(name, chance.choice(OBLIQUE)))
        hits += gate.holders_half(detectors, draft, (), own={"name": name}).level is Level.BLOCK
    return hits / count


def schemes(chance: random.Random, count: int) -> float:
    """Return the share of romanised surnames recognised when their own scheme is not among those expanded."""
    hits = total = 0
    for _ in range(count):
        name = surname(chance)
        for scheme in romanise.SCHEMES:
            keys = sorted(romanise.romanise(name, tuple(s for s in romanise.SCHEMES if s is not scheme)))
            key = fold.latin(scheme.translate(name))
            total += 1
            hits += key in keys or bool(process.extractOne(key, keys, scorer=fuzz.ratio, score_cutoff=86))
    return hits / total


def strangers(detectors: Detectors, texts: list[str], chance: random.Random, count: int) -> dict[str, float]:
    """Return how often published paragraphs are blocked for, or warn of, people they never heard of."""
    blocked = checked = warnings = characters = 0
    for _ in range(count):
        card = identity(chance)
        for text in texts:
            question = {"case_fields": card, "narrative": "", "draft": text, "lang": "en"}
            answer = gate.check(detectors, question)
            checked, characters = checked + 1, characters + len(text)
            blocked += answer["verdict"] == "block"
            warnings += len(list(answer["findings"]))  # type: ignore[call-overload]
    return {"blocked": blocked / checked, "warnings_per_1000_characters": warnings / characters * 1000}


def suggestions(detectors: Detectors, chance: random.Random, count: int) -> dict[str, float]:
    """Return the share of surnames suggested for masking."""
    hits = {"normal": 0, "lower": 0}
    for _ in range(count):
        form = in_case(surname(chance), chance.choice(OBLIQUE))
        text = f"Здравствуйте. Мы стоим здесь второй месяц. {chance.choice(FRAMES).format(form)} Помогите."
        for writing, shown in (("normal", text), ("lower", text.lower())):
            start = shown.lower().index(form.lower())
            spans = suggest(detectors, shown, "ru")
            hits[writing] += any(s.start <= start and start + len(form) <= s.end for s in spans)
    return {writing: found / count for writing, found in hits.items()}


def speed(detectors: Detectors, chance: random.Random, count: int) -> dict[str, float]:
    """Return milliseconds for a draft of 5,000 characters: by the clock, and of computing."""
    times, computing = [], []
    for _ in range(count):
        card = identity(chance)
        story = f"Меня зовут {card['name']}. " + FILLER * 10
        draft = (FILLER * 60)[:4900] + f" Рассказали, что {card['name']} дома."
        started, computed = time.perf_counter(), time.process_time()
        gate.check(detectors, {"case_fields": card, "narrative": story, "draft": draft, "lang": "ru"})
        times.append((time.perf_counter() - started) * 1000)
        computing.append((time.process_time() - computed) * 1000)
    at = int(len(times) * 0.95)
    return {
        "median_ms": statistics.median(times),
        "p95_ms": sorted(times)[at],
        "computing_p95_ms": sorted(computing)[at],
        "load_average": os.getloadavg()[0],
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print figures as JSON.")
@click.option("--cases", type=click.Path(path_type=Path, exists=True), help="Cases with expected verdicts.")
@click.option(
    "--clean", type=click.Path(path_type=Path, exists=True), help="Published text, a paragraph a line."
)
@click.option("--publish", type=click.Path(path_type=Path), help="Write the rate readers see to this file.")
@click.option("--count", default=200, show_default=True, help="How many names or identities for each figure.")
@click.option("--seed", default=1, show_default=True)
def main(
    as_json: bool, cases: Path | None, clean: Path | None, publish: Path | None, count: int, seed: int
) -> None:
    """Measure the gate and the suggestions."""
    chance = random.Random(seed)
    started = time.perf_counter()
    detectors = gate.load()
    figures: dict[str, Any] = {
        "load_seconds": time.perf_counter() - started,
        "load_computing_seconds": time.process_time(),
    }
    if cases:
        expected = json.loads(cases.read_text(encoding="utf-8"))
        figures["cases"] = judge_cases(detectors, expected)
        rate = leak_rate(detectors, expected, datetime.now(UTC).date())
        figures["leaked"] = {"documents": rate.documents, "leaked": rate.leaked, "interval": rate.interval}
        if publish:
            kept = honesty.measured(publish)
            rate = msgspec.structs.replace(rate, unseen=kept.unseen if kept else None)
            publish.write_bytes(msgspec.json.encode(rate) + b"\n")
    figures["inflection"] = inflection(detectors, chance, count)
    figures["schemes"] = schemes(chance, max(20, count // 5))
    if clean:
        texts = [line for line in clean.read_text(encoding="utf-8").split("\n") if line.strip()]
        figures["strangers"] = strangers(detectors, texts, chance, max(5, count // 10))
    figures["suggest"] = suggestions(detectors, chance, count)
    figures["speed"] = speed(detectors, chance, max(20, count // 5))
    figures["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if as_json:
        click.echo(json.dumps(figures, indent=2))
    else:
        for name, value in figures.items():
            click.echo(f"{name}: {value}")


if __name__ == "__main__":
    main()
