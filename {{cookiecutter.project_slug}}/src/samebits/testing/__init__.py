"""What a project's own files must guarantee for results to reproduce, as tests to subclass.

    from samebits.testing import ModelChecks

    class TestModel(ModelChecks):
        pass

`pytest` then runs each check on your file with the values of params.yaml, on synthetic examples and
on the CPU. Override `examples`, or `contents` of `DataChecks`, to check with your own.
"""

from .data import DataChecks
from .metrics import MetricsChecks
from .model import ModelChecks
from .training import TrainingChecks

__all__ = ["DataChecks", "MetricsChecks", "ModelChecks", "TrainingChecks"]
