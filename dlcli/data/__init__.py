"""Data sets, transforms, splits and batches."""
