"""The vault: bytes in, bytes out. Imports nothing of ours; no clock, no file, no database, no settings."""
