"""
The post: answers on their way back to the tipster.

A desk writes a reply as an item of the case, and beside it one letter for each mailbox it can be found in:
that of the code phrase, and a new one for the handle of the button this reply rings with. The letters are
sealed to the mailbox, so the hub opens them only in the hand of whoever holds phrase or handle.

* A push never carries words of the reply: one neutral line with a button.
* Nothing in a mailbox row says whose it is; the case knows its mailboxes under the epoch lock.
* What was shown can be shown again for 14 days; what was not shown waits as long as the case.
"""

from casework.post.collecting import SHOWN_AGAIN, Collected, Waiting, collect, reap, shown_rows
from casework.post.parts import cut
from casework.post.ringing import hold, outbox_row, quiet_until, ring
from casework.post.writing import Attachment, Box, Courier, NoWayError, Written, write_reply

__all__ = [
    "SHOWN_AGAIN", "Attachment", "Box", "Collected", "Courier", "NoWayError", "Waiting", "Written",
    "collect", "cut", "hold", "outbox_row", "quiet_until", "reap", "ring", "shown_rows", "write_reply",
]  # fmt: skip
