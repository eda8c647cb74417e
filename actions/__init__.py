"""Rasa's custom actions: they read the turn, ask the desk, and hand over its answer."""
