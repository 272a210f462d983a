"""The public side. May import ``crypto`` and ``casework``."""
