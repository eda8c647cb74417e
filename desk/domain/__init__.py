"""Rules of the citizen desk as pure Python."""
