"""What every project's own files must keep, as tests to subclass.

    class TestModel(ModelChecks):
        pass

`pytest` then runs each check on data.py, model.py and training.py as params.yaml sets them, on
examples that are made up: noise around a level that tells the class. Override `examples` to check
with your own.
"""

from .data import DataChecks
from .learning import LearningChecks
from .model import ModelChecks

__all__ = ["DataChecks", "LearningChecks", "ModelChecks"]
