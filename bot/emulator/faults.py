"""
Faults a test orders: the next calls that match go wrong in the way named.

    flood         429 with ``retry_after`` seconds
    forbidden     403, the user blocked the bot
    error         ``code`` (500) with ``description``
    unauthorized  401, as for a revoked token
    lost_request  the connection drops before the call is worked
    lost_answer   the call is worked, then the connection drops
    cut           the call is worked, half of the answer goes, then the connection drops
    delay         the call is worked ``seconds`` late
    slow          the answer trickles at ``rate`` bytes a second
    timeout       the call is never answered
    renumber      update numbers start again at a random place
    repeat        the updates confirmed last are handed out again before the new ones

A scenario is an order by name, for what happens to a house in life; it lasts until it is cleared.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from random import Random
from typing import Any

from bot.emulator.errors import PREFIXES, ApiError, ControlError, flood, forbidden, unauthorized

DOWNLOAD = "download"  # the name a fault uses for fetching a file
KINDS = frozenset(
    {
        "flood",
        "forbidden",
        "error",
        "unauthorized",
        "lost_request",
        "lost_answer",
        "cut",
        "delay",
        "slow",
        "timeout",
        "renumber",
        "repeat",
    }
)
SCENARIOS: dict[str, dict[str, Any]] = {
    "too_many_requests": {"kind": "flood", "retry_after": 1},
    "server_error": {"kind": "error", "code": 502, "description": "Bad Gateway"},
    "timeout": {"kind": "timeout"},
    "second_poller": {
        "kind": "error",
        "method": "getUpdates",
        "code": 409,
        "description": "Conflict: terminated by other getUpdates request; "
        "make sure that only one bot instance is running",
    },
    "token_revoked": {"kind": "unauthorized"},
    "unreachable": {"kind": "lost_request"},
    "slow": {"kind": "slow", "rate": 1024},
    "numbers_restart": {"kind": "renumber", "method": "getUpdates", "times": 1},
    "old_updates": {"kind": "repeat", "method": "getUpdates", "times": 20},
}


@dataclass(slots=True)
class Fault:
    """One order: which calls go wrong, how often, in which way."""

    kind: str
    number: int = 0
    method: str = ""
    chat_id: int | None = None
    bot: int | None = None
    times: int | None = 1
    chance: float = 1.0
    retry_after: int = 1
    seconds: float = 1.0
    rate: int = 1024
    code: int = 500
    description: str = ""
    scenario: str = ""

    def matches(self, bot_id: int, method: str, chat_id: str) -> bool:
        """Whether this order is about such a call."""
        return (
            (not self.method or self.method.lower() == method.lower())
            and (self.bot is None or self.bot == bot_id)
            and (self.chat_id is None or str(self.chat_id) == chat_id)
        )

    def error(self) -> ApiError | None:
        """Return the refusal this fault answers with, or None where it only disturbs the line."""
        match self.kind:
            case "flood":
                return flood(self.retry_after)
            case "forbidden":
                return forbidden("bot was blocked by the user")
            case "unauthorized":
                return unauthorized()
            case "error":
                usual = f"{PREFIXES.get(self.code, 'Bad Request')}: restart"
                return ApiError(self.code, self.description or usual)
            case _:
                return None


class Faults:
    """Keep the orders and hand one out for each call it strikes."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._orders: list[Fault] = []
        self._count = 0

    def order(self, wishes: dict[str, Any]) -> Fault:
        """
        Take an order; ``times: null`` lasts until cleared, and so does one by the name of its ``scenario``.

        Raises:
            ControlError: unknown scenario, kind or field.
        """
        if "scenario" in wishes:
            if wishes["scenario"] not in SCENARIOS:
                raise ControlError(f"scenario must be one of {', '.join(SCENARIOS)}")
            wishes = {"times": None, **SCENARIOS[wishes["scenario"]], **wishes}
        if wishes.get("kind") not in KINDS:
            raise ControlError(f"kind must be one of {', '.join(sorted(KINDS))}")
        try:
            fault = Fault(**wishes)
        except TypeError:
            raise ControlError("a fault has no such field") from None
        self._count += 1
        fault.number = self._count
        self._orders.append(fault)
        return fault

    def strike(self, bot_id: int, method: str, chat_id: str = "") -> Fault | None:
        """Return the fault that strikes this call, and use it up once."""
        for fault in self._orders:
            if fault.matches(bot_id, method, chat_id) and self._random.random() < fault.chance:
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times <= 0:
                        self._orders.remove(fault)
                return fault
        return None

    def cancel(self, number: int | None = None, scenario: str = "") -> None:
        """Withdraw one order, those of a scenario, or all."""
        self._orders = [
            fault
            for fault in self._orders
            if (number is not None or scenario)
            and number != fault.number
            and (not scenario or scenario != fault.scenario)
        ]

    def as_json(self) -> list[dict[str, Any]]:
        """Return the open orders for the control API."""
        return [asdict(fault) for fault in self._orders]
