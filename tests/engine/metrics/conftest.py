"""Made-up predictions for the tests of the metrics."""

from predicted import made as made
