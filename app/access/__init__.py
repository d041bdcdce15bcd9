"""Who may ask, and how often: API keys and rates, checked before a byte of a request's body is read."""
