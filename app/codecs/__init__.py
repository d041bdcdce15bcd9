"""Bytes to pictures and back. Imports no network and no server: it runs in processes of its own too."""
