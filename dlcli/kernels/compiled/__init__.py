"""Compiled twins of the kernels: same file, same function, same signature. Imported where they are in use alone."""
