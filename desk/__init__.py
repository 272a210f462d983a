"""
The desk: the staff's web console. Staff keys are unlocked here, in memory, for one session.

May import crypto, casework and register; litestar only inside this package. Works without JavaScript.
"""
