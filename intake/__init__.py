"""The conversation as a pure machine, and sealing what comes in. May import ``crypto`` and ``casework``."""
