"""From a YAML file to a validated, built configuration."""
