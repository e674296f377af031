"""What the walking tests share: they check every example of every component that there is."""
