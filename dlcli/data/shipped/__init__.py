"""Small real data sets that travel inside the package; see ATTRIBUTION.md."""
