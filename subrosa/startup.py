"""What a process of ours does once it has started."""

from __future__ import annotations

import gc


def settle() -> None:
    """
    Leave what start-up made out of later collections of garbage.

    Going through all of it takes a tenth of a second, and may come while a transaction holds the database, or
    while somebody waits for a page.
    """
    gc.collect()
    gc.freeze()
