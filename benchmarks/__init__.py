"""Speed, side by side with others. Run from the checkout, with the extra `bench` installed."""
