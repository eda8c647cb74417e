"""Set-up that runs before any environment exists: standard library only, any Python 3."""
