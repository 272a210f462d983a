"""The doctor: every checkup, in the order in which one thing rests on another."""

from __future__ import annotations

from datetime import datetime

from subrosa.checkups import Checkup, Finding
from subrosa.checkups.channel import check_channel
from subrosa.checkups.database import check_database
from subrosa.checkups.files import (
    check_crypto,
    check_folders,
    check_keyrings,
    check_keys,
    check_space,
    check_token,
)
from subrosa.checkups.looks import check_looks
from subrosa.checkups.outside import check_drill, check_hub, check_machine, check_medium
from subrosa.checkups.people import check_people
from subrosa.checkups.texts import check_texts
from subrosa.settings import Settings

CHECKUPS: tuple[Checkup, ...] = (
    check_crypto,
    check_folders,
    check_keys,
    check_token,
    check_channel,
    check_looks,
    check_keyrings,
    check_database,
    check_people,
    check_medium,
    check_drill,
    check_hub,
    check_space,
    check_machine,
    check_texts,
)


def examine(settings: Settings, now: datetime) -> list[Finding]:
    """Look at everything and return what was found."""
    return [finding for checkup in CHECKUPS for finding in checkup(settings, now)]
