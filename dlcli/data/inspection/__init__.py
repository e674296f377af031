"""What may be wrong with data: one kind of finding in each file; `inspect.py` shows the samples to all of them."""
