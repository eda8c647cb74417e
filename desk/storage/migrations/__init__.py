"""Alembic migrations of the desk's database."""
