"""From elsewhere to raw pictures to batches: collect, validate, prepare, batches."""
