"""What each button means and what the desk has asked: one sum type each, and their codec.

A channel carries a short random token only. What a press means is stored beside the token, a
question beside the conversation, both as JSON in which `kind` names the class. What cannot be
read any more, since it is of another version, is None: "tombol ini sudah lama".
"""
