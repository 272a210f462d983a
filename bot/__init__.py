"""Telegram and nothing else. May import ``crypto``, ``casework`` and ``intake``."""
