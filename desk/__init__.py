"""The staff's web console. May import ``crypto``, ``casework`` and ``register``."""
