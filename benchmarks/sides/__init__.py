"""Who takes part, one file each, with one class that is a Side."""
