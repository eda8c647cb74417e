"""What is on its way out: queued, sent in order and at the pace a channel allows."""
