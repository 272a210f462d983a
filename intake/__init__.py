"""The conversation as a pure machine, and the sealing of what comes in. May import ``crypto`` and ``casework``."""
