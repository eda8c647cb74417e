"""Repositories: the ports of `desk.services.ports` on SQLAlchemy, one module each."""
