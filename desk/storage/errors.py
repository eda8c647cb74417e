"""Errors of pictures and backups.

SapaError
├── NotAPicture (also a ValueError)
└── BackupError
    ├── BackupBroken
    ├── SchemaOutdated
    └── TargetNotEmpty
"""

from desk.domain.errors import SapaError


class NotAPicture(SapaError, ValueError):
    """These bytes are no picture that the desk can keep."""


class BackupError(SapaError):
    """A backup could not be made or restored."""


class BackupBroken(BackupError):
    """The archive is damaged, incomplete or of a kind this program does not know."""


class SchemaOutdated(BackupError):
    """The database has to be upgraded before it can be backed up."""


class TargetNotEmpty(BackupError):
    """There is something already where the backup should go; nothing was overwritten."""
