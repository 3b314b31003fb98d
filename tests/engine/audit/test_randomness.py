"""Randomness in the engine and in the user's files."""

from typing import Any

import pytest

from samebits.audit.randomness import randomness

PLANTED = [
    "import random\nrandom.shuffle([])",
    "from random import shuffle as mix\nmix([])",
    "import random\nr = random.Random()",
    "import random\nf = random.random",
    "from random import *",
    "import numpy as np\nnp.random.rand(3)",
    "from numpy import random as nr\nnr.permutation(3)",
    "import numpy as np\nnp.random.default_rng()",
    "import numpy as np\nnp.random.default_rng(None)",
    "from numpy.random import default_rng\ndefault_rng()",
    "import torch\ntorch.randn(3)",
    "from torch import randperm\nrandperm(3)",
    "import torch\ntorch.bernoulli(x, generator=None)",
    "import torch\nx = torch.zeros(3).normal_()",
    "from torch import nn\nnn.init.kaiming_normal_(w)",
    "from torch.utils.data import DataLoader\nDataLoader(d, batch_size=4)",
    "import torch\ntorch.utils.data.random_split(d, [1, 2])",
    "from sklearn.model_selection import train_test_split\ntrain_test_split(x)",
    "import time\ntime.time()",
    "import time\nclock = time.perf_counter",
    "from datetime import datetime\ndatetime.now()",
    "import datetime\ndatetime.datetime.utcnow()",
    "from datetime import date\ndate.today()",
    "import uuid\nuuid.uuid4()",
    "from os import urandom\nurandom(3)",
    "import secrets\nsecrets.token_hex()",
    "import os\nos.listdir('.')",
    "from glob import glob\nglob('*')",
    "import os\nfor a, b, c in os.walk('.'): pass",
    "from pathlib import Path\nnames = [p.name for p in Path('.').iterdir()]",
    "from pathlib import Path\nfor p in Path('.').rglob('*'): pass",
    "for x in {1, 2}: pass",
    "y = [x for x in set('ab')]",
    "y = list({a for a in 'ab'})",
    "y = ','.join({'a', 'b'} | {'c'})",
    "s = set('ab')\nfor x in s: pass",
    "def f(s: set[int]):\n    return {x: 1 for x in s}",
    "y = [*frozenset('ab')]",
    "for x in a.keys() & b.keys(): pass",
    "y = [x for x in a.items() - b]",
    "y = max({'a', 'b'}, key=len)\nfor x in {1}: pass",
    "import numpy as np\nnp.argsort(x)",
    "from numpy import sort\nsort(x, axis=0)",
    "import numpy as np\nnp.argsort(x, kind='quicksort')",
    "import numpy as np\nnp.argpartition(x, 3)[:3]",
    "order = (-x).argsort()",
    "order = x.argsort(axis=1)[:, :2]",
    "x.sort(axis=0)",
    "import torch\ntorch.sort(x)",
    "import torch\ntorch.argsort(x, descending=True)",
    "values, order = x.sort(descending=True)",
    "hash('a')",
    "import torch\ntorch.backends.cudnn.benchmark = True",
    "import torch\ntorch.load('a')",
    "import pickle\npickle.load(f)",
    "from concurrent.futures import as_completed\nas_completed([])",
    "pool.imap_unordered(f, x)",
    "import os\nrate = float(os.environ['RATE'])",
    "import os\nrate = os.environ.get('RATE', 3)",
    "from os import getenv\nrate = getenv('RATE')",
    "from os import environ\nrate = environ['RATE']",
    "import os\nseed = os.getpid()",
    "import socket\nname = socket.gethostname()",
    "import platform\nname = platform.node()",
    "from getpass import getuser\nname = getuser()",
]
FINE = [
    "import random\nr = random.Random(0)\nr.shuffle([])",
    "import numpy as np\nr = np.random.default_rng(3)\nr.random()",
    "import numpy as np\ndef f(g: np.random.Generator) -> None: ...",
    "import torch\ntorch.randn(3, generator=g)\ntorch.manual_seed(0)",
    "import torch\ntorch.zeros(3).normal_(generator=g)",
    "from torch.utils.data import DataLoader\nDataLoader(d, generator=g)\nDataLoader(d, **o)",
    "import time\ntime.sleep(1)",
    "import datetime\ndatetime.timedelta(1)",
    "import uuid\nuuid.uuid5(n, 'a')",
    "import os\nsorted(os.listdir('.'))",
    "import numpy as np\nnp.argsort(x, kind='stable')\n(-x).argsort(axis=0, kind='mergesort')",
    "import torch\ntorch.sort(x, stable=True)\nx.sort(dim=1, stable=True)",
    "names.sort()\nnames.sort(key=len, reverse=True)",
    "from pathlib import Path\nsorted(p.name for p in Path('.').iterdir() if p.is_file())",
    "from pathlib import Path\nany(Path('.').iterdir())",
    "from pathlib import Path\nn = len(list(Path('.').iterdir()))",
    "from pathlib import Path\nfound = [p for p in Path('.').rglob('*')]\ny = sorted(found)",
    "from pathlib import Path\nfound = list(Path('.').rglob('*'))\nfound.sort()",
    "import ast\nfor node in ast.walk(t): pass",
    "for x in sorted({1, 2}): pass",
    "for x in a.keys(): pass\ny = [x for x in a.items()]",
    "y = sorted(a.keys() | b.keys())",
    "y = {x for x in {1, 2}}",
    "if 'a' in {'a', 'b'}: pass",
    "s = set('ab')\ns = sorted(s)\nfor x in s: pass",
    "import torch\ntorch.load('a', weights_only=True)",
    "import torch\ntorch.backends.cudnn.benchmark = False",
    "from .random import shuffle\nshuffle([])",
    "import os\nos.environ['OMP_NUM_THREADS'] = '1'",
    "import os\nrank = int(os.environ.get('RANK', 0))",
    "import os\nkept = {name: os.environ[name] for name in sorted(os.environ)}",
    "import platform\nsystem = platform.system()",
    "def random(): ...\nrandom()",
]


@pytest.mark.parametrize("code", PLANTED)
def test_chance(plant: Any, code: str) -> None:
    plant("randomness", code)


@pytest.mark.parametrize("code", FINE)
def test_no_chance(copy: Any, code: str) -> None:
    for path in copy.codes:
        copy.append(path, f"{code}\n")
    assert "randomness" not in copy.new()


@pytest.mark.parametrize("code", [code for code in PLANTED if "import *" not in code][::5])
def test_a_reason_allows_it_and_is_counted(copy: Any, code: str) -> None:
    for path in copy.codes:
        copy.append(path, f"{code}  # audit: shown to the user alone\n")
    assert "randomness" not in copy.new()
    copy.restore()
    for path in copy.codes:
        copy.append(path, f"{code}  # audit:\n")
    assert {finding.path for finding in copy.new()["randomness"]} == {*copy.codes}
    assert "allowed by comment" in randomness(copy.project).summary


@pytest.mark.parametrize("folder", ["src/samebits/data", "src/handwritten_digits"])
def test_only_what_stages_run_is_held_to_it(copy: Any, folder: str) -> None:
    copy.write("tests/test_new.py", "import random\n\nrandom.random()\n")
    copy.write(f"{folder}/aside.py", "import random\n\nrandom.random()\n")
    assert copy.new().keys() <= {"dvc.lock"}
