"""The training loop: trainer, lanes, evaluation, callbacks."""
