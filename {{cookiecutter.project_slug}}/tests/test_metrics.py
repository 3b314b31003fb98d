"""Whether results still reproduce with metrics.py as it is; add tests of your own."""

from samebits.testing import MetricsChecks


class TestMetrics(MetricsChecks):
    pass
