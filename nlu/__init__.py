"""Code loaded inside Rasa: our input channel, repairs, tracker store and language components."""
