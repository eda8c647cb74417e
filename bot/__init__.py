"""Telegram: takes updates in, sends messages out."""
