"""Thin Rasa components around the language modules of ``nlu``."""

from nlu.mend import apply_mends

apply_mends()
