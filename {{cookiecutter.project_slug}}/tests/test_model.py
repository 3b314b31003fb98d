"""Whether results still reproduce with model.py as it is; add tests of your own."""

from samebits.testing import ModelChecks


class TestModel(ModelChecks):
    pass
