"""What the portal asks: following a ticket by its number, without an account."""
