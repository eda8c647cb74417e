"""The first schema: until the first release, the tables of the code as they are.

Nothing is installed anywhere, so there is nothing to migrate. On the day of the release this file
is written out (`alembic revision --autogenerate` against an empty database) and never changed
again: from then on migrations are only added.
"""

from alembic import op

from desk.storage.tables import Base

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    Base.metadata.create_all(op.get_bind())
