"""What a citizen says and hears in a conversation with the bot."""
