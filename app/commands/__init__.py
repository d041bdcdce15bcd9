"""The commands of `limpid`, one file each, and what they share."""
