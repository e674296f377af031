"""One function per use case; no terminal, no exit codes."""
