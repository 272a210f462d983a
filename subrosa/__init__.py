"""The composition root: command line, settings, wiring. Nothing imports it."""
