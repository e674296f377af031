"""The commands: one a file, the file name is the command."""
