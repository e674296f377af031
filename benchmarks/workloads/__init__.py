"""One file a family; each lists its WORKLOADS."""
