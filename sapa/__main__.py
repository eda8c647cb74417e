"""``python -m sapa`` is the same as the command ``sapa``."""

from sapa.cli import main

main()
