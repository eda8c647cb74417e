"""Tickets, services and offices in words and buttons that several rooms use."""
