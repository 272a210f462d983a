"""The sentences of the honesty page: figures rounded, with what they mean, or that there are none."""

from __future__ import annotations

from register.honesty import Answers, GateRate
from register.voice import Voice

# Hours beyond this are told as days.
_DAYS_FROM = 36
# Fewer entries than this give no rate worth naming.
_FEW = 20


def answers(voice: Voice, told: Answers | None) -> list[str]:
    """Say how long a first answer took, and how many wait for one."""
    if told is None:
        return [voice.say("honesty.answers_none")]
    waiting = (
        voice.say("honesty.waiting", n=told.waiting) if told.waiting else voice.say("honesty.waiting_few")
    )
    month = voice.month(told.month)
    median = voice.say("honesty.median", month=month[0].upper() + month[1:], span=_span(voice, told.hours))
    return [median, waiting]


def gate(voice: Voice, told: GateRate | None) -> list[str]:
    """Say what the gate let through on its test set, and what that allows to expect."""
    if told is None:
        return [voice.say("honesty.gate_none")]
    low, high = told.interval
    said = [
        voice.say("honesty.gate_rate", leaked=told.leaked, documents=told.documents, day=voice.day(told.day)),
        voice.say("honesty.gate_interval", low=voice.number(100 * low), high=voice.number(100 * high)),
        voice.say("honesty.gate_known"),
    ]
    if told.unseen is not None:
        said.append(
            voice.say("honesty.gate_unseen", leaked=told.unseen.leaked, documents=told.unseen.documents)
        )
    return [*said, voice.say("honesty.gate_people")]


def corrections(voice: Voice, number: int, ever: int, gone: int) -> list[str]:
    """Say how often entries had to be put right."""
    if ever < _FEW:
        return [
            voice.say("honesty.corrections_few", n=number, entries=ever),
            voice.say("honesty.gone", n=gone),
        ]
    rate = voice.number(100 * number / ever)
    return [voice.say("honesty.corrections_rate", rate=rate, entries=ever), voice.say("honesty.gone", n=gone)]


def _span(voice: Voice, hours: int) -> str:
    if hours > _DAYS_FROM:
        return voice.count("n.days", (hours + 12) // 24)
    return voice.count("n.hours", hours)
