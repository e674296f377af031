"""Data sets: one a file, the file name is the YAML type."""
