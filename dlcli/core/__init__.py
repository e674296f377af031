"""The contracts: what a layer, a loss, an optimizer, a metric, a data set is."""
