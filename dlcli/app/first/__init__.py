"""First configurations, one kind of data a file: each looks at the data and drafts what trains at once."""
