"""Migrations of the database, run by ``subrosa upgrade`` alone."""
