"""What an evaluation looks at, by the nature of the targets: figures, and the files of `evaluation/SPLIT`."""
