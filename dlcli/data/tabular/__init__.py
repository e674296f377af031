"""Tables: reading them in blocks, finding what their columns are, learning from them, making samples of them."""
