"""Every setting of the house, with its default and why it exists. Secrets never stand here: paths do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from casework.clocks import Hours, Times
from casework.workdays import is_working_day
from crypto.errors import CryptoError
from crypto.roster import Anchor
from subrosa.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TelegramSettings:
    """How to reach Telegram."""

    token_file: Path = field(
        default=Path("telegram.token"),
        metadata={"why": "file that holds the bot's token, readable by the hub only"},
    )
    further_token_files: tuple[Path, ...] = field(
        default=(),
        metadata={"why": "tokens of further bots: doors to the same house, for when one is taken away"},
    )
    api_base_url: str = field(
        default="https://api.telegram.org", metadata={"why": "the Bot API, or a stand-in on loopback"}
    )
    burst: int = field(default=8, metadata={"why": "messages one chat may get at once, before one a second"})
    identity: str = field(
        default="neutral",
        metadata={"why": "name, about text and commands set at start: neutral, or none to leave them alone"},
    )

    @property
    def token_files(self) -> tuple[Path, ...]:
        """Return the files with the tokens of all tipsters' bots, the first one's first."""
        return (self.token_file, *self.further_token_files)


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Where the rows lie."""

    url: str = field(
        default="sqlite:///database/house.db",
        metadata={"why": "sqlite:///FILE (relative to this file) or postgresql+psycopg://…"},
    )


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Where the hub keeps its keys."""

    state_dir: Path = field(
        default=Path("state"),
        metadata={"why": "keys that survive a reboot; outside the database and its dumps, mode 0700"},
    )
    runtime_dir: Path = field(
        default=Path("runtime"),
        metadata={"why": "keys that must not survive a reboot; a tmpfs such as /run/subrosa"},
    )


@dataclass(frozen=True, slots=True)
class RosterSettings:
    """Whom hub and desk believe."""

    roots: tuple[str, ...] = field(
        default=(), metadata={"why": "public halves of the organisation's root keys, in hex"}
    )
    threshold: int = field(default=1, metadata={"why": "how many of them sign a roster"})


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """The staff's web console."""

    host: str = field(
        default="127.0.0.1",
        metadata={
            "why": "where it listens; put a tunnel or an onion service before it, not the open network"
        },
    )
    port: int = field(default=8480, metadata={"why": "its port"})
    names: tuple[str, ...] = field(
        default=(), metadata={"why": "further host names browsers may use for it, with port"}
    )
    https: bool = field(default=False, metadata={"why": "true when what stands before the desk speaks https"})
    keyring_dir: Path = field(
        default=Path("keyrings"), metadata={"why": "the locked keyrings of whoever works at this desk"}
    )
    idle_minutes: int = field(
        default=15, metadata={"why": "without a click for so long, a session forgets its keys"}
    )

    def __post_init__(self) -> None:
        """
        Refuse a port that no machine has.

        Raises:
            SettingsError: it is one.
        """
        _check_port("desk.port", self.port)


@dataclass(frozen=True, slots=True)
class RegisterSettings:
    """The public side."""

    output_dir: Path = field(
        default=Path("register/public"), metadata={"why": "the static site; serve this folder, nothing else"}
    )
    records_dir: Path = field(
        default=Path("register/records"),
        metadata={"why": "what is public, one file an entry; the site is built from it"},
    )
    title: str = field(
        default="", metadata={"why": "the name readers see; empty: a plain one in each language"}
    )
    base_url: str = field(
        default="",
        metadata={"why": "where the site is served, for feeds and citations; empty: relative"},
    )
    mirrors: tuple[str, ...] = field(default=(), metadata={"why": "addresses of copies, named on the site"})
    bots: tuple[str, ...] = field(
        default=(), metadata={"why": "names of the tipsters' bots without the @, named on the site"}
    )
    channel: str = field(
        default="",
        metadata={"why": "the public channel new entries are posted to, such as @name; empty: none"},
    )
    channel_token_file: Path = field(
        default=Path("channel.token"),
        metadata={
            "why": "token of the bot that posts there, an administrator of it; never the tipsters' bot"
        },
    )
    batch_hours: tuple[int, ...] = field(
        default=(5, 17),
        metadata={"why": "hours of the day (UTC) in which batches go out; empty: whenever something is due"},
    )
    channel_language: str = field(default="ru", metadata={"why": "the language of the channel: ru, uk or en"})

    def __post_init__(self) -> None:
        """
        Refuse an hour that no day has: what waited for it would wait for ever.

        Raises:
            SettingsError: there is one.
        """
        if not all(0 <= hour <= 23 for hour in self.batch_hours):
            raise SettingsError("register.batch_hours has an hour that no day has")


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """How long people wait for a first answer at most."""

    urgent_minutes: int = field(default=60, metadata={"why": "urgent cases"})
    days_hours: int = field(default=12, metadata={"why": "cases that need an answer within days"})
    normal_working_days: int = field(default=3, metadata={"why": "all others"})
    opens: int = field(default=9, metadata={"why": "hour at which somebody is usually at a desk"})
    closes: int = field(default=21, metadata={"why": "hour at which usually nobody is any more"})


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """How staff hear that something waits. Notices never carry a word of a case."""

    smtp_host: str = field(default="", metadata={"why": "mail server for notices; empty: no mail"})
    smtp_port: int = field(default=587, metadata={"why": "its port"})
    smtp_user: str = field(default="", metadata={"why": "its user; empty: no sign-in"})
    smtp_password_file: Path = field(
        default=Path("smtp.password"), metadata={"why": "file that holds the password"}
    )
    smtp_from: str = field(default="", metadata={"why": "sender of the mails"})
    smtp_security: str = field(
        default="starttls", metadata={"why": "starttls, tls, or none for a relay on this machine"}
    )
    staff_token_file: Path = field(
        default=Path("staff.token"),
        metadata={"why": "token of a second bot that only staff use; never the intake bot's"},
    )
    urgent_repeat_minutes: int = field(
        default=10, metadata={"why": "an urgent case is announced again until somebody accepts it"}
    )

    def __post_init__(self) -> None:
        """
        Refuse a port that no machine has.

        Raises:
            SettingsError: it is one.
        """
        _check_port("notices.smtp_port", self.smtp_port)


@dataclass(frozen=True, slots=True)
class EscrowSettings:
    """Copies on a second medium, sealed to the operator's key that lies off the machine."""

    medium: Path = field(default=Path("medium"), metadata={"why": "a folder on another disk or machine"})
    recipient_file: Path = field(
        default=Path("escrow.recipient"), metadata={"why": "public half of the operator's escrow key"}
    )
    keep_days: int = field(
        default=7, metadata={"why": "how long copies, and with them the keys of erased cases, are kept"}
    )


@dataclass(frozen=True, slots=True)
class HouseSettings:
    """The house as a whole."""

    name: str = field(default="Subrosa", metadata={"why": "what staff see as the name of the house"})
    zone: str = field(default="Europe/Moscow", metadata={"why": "the time zone staff and clocks go by"})
    practice: bool = field(
        default=False,
        metadata={"why": "true only in a practice house: cheap keyrings open, and every page says so"},
    )
    log: str = field(
        default="INFO",
        metadata={"why": "how much the diagnostics say: INFO or WARNING; never anything of a tipster"},
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the command line hands to the rooms."""

    path: Path
    house: HouseSettings = field(default_factory=HouseSettings)
    telegram: TelegramSettings = field(default_factory=TelegramSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    hub: HubSettings = field(default_factory=HubSettings)
    roster: RosterSettings = field(default_factory=RosterSettings)
    desk: DeskSettings = field(default_factory=DeskSettings)
    register: RegisterSettings = field(default_factory=RegisterSettings)
    clocks: ClockSettings = field(default_factory=ClockSettings)
    notices: NoticeSettings = field(default_factory=NoticeSettings)
    escrow: EscrowSettings = field(default_factory=EscrowSettings)

    @property
    def anchor(self) -> Anchor:
        """
        Return the pinned root keys.

        Raises:
            SettingsError: there are none, or they are not keys.
        """
        if not self.roster.roots:
            raise SettingsError("roster.roots names no root key")
        try:
            roots = tuple(bytes.fromhex(root) for root in self.roster.roots)
            return Anchor(roots, self.roster.threshold)
        except (ValueError, CryptoError):
            raise SettingsError("roster.roots or roster.threshold") from None

    @property
    def times(self) -> Times:
        """Return the response clocks."""
        return Times(
            zone=ZoneInfo(self.house.zone),
            now=timedelta(minutes=self.clocks.urgent_minutes),
            days=timedelta(hours=self.clocks.days_hours),
            normal=self.clocks.normal_working_days,
            working_day=is_working_day,
        )

    @property
    def hours(self) -> Hours:
        """Return when somebody of the house is usually there."""
        zone = ZoneInfo(self.house.zone)
        return Hours(time(self.clocks.opens), time(self.clocks.closes), zone, is_working_day)


def _check_port(name: str, port: int) -> None:
    if not 1 <= port <= 65535:
        raise SettingsError(f"{name} is no port: 1 to 65535")
