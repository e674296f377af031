"""Run directories: layout, checkpoints, lookup."""
