"""From raw pictures to batches: collect, validate, prepare, batches."""
