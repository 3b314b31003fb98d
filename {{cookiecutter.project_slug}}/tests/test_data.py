"""Whether results still reproduce with data.py as it is; add tests of your own."""

from samebits.testing import DataChecks


class TestData(DataChecks):
    pass
