"""Whether results still reproduce with training.py as it is; add tests of your own."""

from samebits.testing import TrainingChecks


class TestTraining(TrainingChecks):
    pass
