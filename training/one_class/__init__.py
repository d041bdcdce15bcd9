"""One-class classification: a network that saw one kind of image tells it from all others."""
