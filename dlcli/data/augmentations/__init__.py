"""Augmentations: one a file, the file name is the YAML type."""
