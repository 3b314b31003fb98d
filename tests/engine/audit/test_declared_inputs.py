"""The inputs of results are declared: `pytest tests/engine/audit/test_declared_inputs.py`."""

from typing import Any

import pytest

WEIGHTS = "weights/pretrained.bin"
WHOLE = "weights/w.bin"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (WEIGHTS, f'PRETRAINED = Path("{WEIGHTS}")'),
        (WEIGHTS, f'PRETRAINED = "./{WEIGHTS}"'),
        (WEIGHTS, 'PRETRAINED = Path("weights") / "pretrained.bin"'),
        (WEIGHTS, 'PRETRAINED = Path("weights", "pretrained.bin")'),
        (WEIGHTS, 'PRETRAINED = os.path.join("weights", "pretrained.bin")'),
        (WEIGHTS, 'WEIGHTS = Path("weights")\nPRETRAINED = WEIGHTS / "pretrained.bin"'),
        (WEIGHTS, 'HERE, WEIGHTS = Path(), "weights"\nPRETRAINED = f"{WEIGHTS}/pretrained.bin"'),
        (
            WEIGHTS,
            "def read() -> bytes:\n"
            '    return Path("weights").joinpath("pretrained.bin").read_bytes()',
        ),
        (WEIGHTS, 'PRETRAINED = "weights/" + "pretrained" + ".bin"'),
        (WEIGHTS, 'PRETRAINED = "weights/%s.%s" % ("pretrained", "bin")'),
        (WEIGHTS, 'PRETRAINED = "weights/%s.bin" % "pretrained"'),
        (WEIGHTS, 'PRETRAINED = "{}/{}.bin".format("weights", "pretrained")'),
        ("weights", 'FOLDER = Path("weights")'),
        ("weights", 'FOLDER = "weights/"'),
        ("weights", 'NAME = "weights"\nFOUND = os.listdir(NAME)'),
        ("weights", 'FOUND = sorted(os.walk("weights"))'),
        ("data/extra", 'FOLDER = Path("data") / "extra"'),
        ("data/extra", 'FOLDER = os.path.join("data", "extra")'),
        ("data/extra", 'FOLDER = "data/extra"'),
    ],
)
def test_a_path_that_the_code_names(copy: Any, plant: Any, name: str, code: str) -> None:
    copy.write(WEIGHTS, b"\x00weights")
    copy.write("data/extra/cats.txt", "cats")
    plant("inputs", f"\n{code}", f"names {name}, on which no stage depends")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("vocab", 'X = open("vocab").read()'),
        ("vocab", 'X = load_file("vocab")'),
        ("vocab", 'X = np.loadtxt("vocab")'),
        ("vocab", 'X = [open(n) for n in ["vocab"]]'),
        ("vocab", 'X: str = "vocab"'),
        ("vocab", 'X = open(b"vocab")'),
        ("vocab", 'X = R / "vocab"'),
        ("vocab", 'X = f"{R}/vocab"'),
        ("weights", 'X = R / "weights"'),
        ("weights", 'X = os.path.join("weights", R)'),
        (WHOLE, 'X = Path.cwd() / "weights" / "w.bin"'),
        (WHOLE, 'X = Path() / "weights" / "w.bin"'),
        (WHOLE, 'X = Path(__file__).parents[2] / "weights" / "w.bin"'),
        (WHOLE, 'X = Path(__file__).parent / "../../../weights/w.bin"'),
        (WHOLE, 'W = Path.cwd() / "weights"\nX = W / "w.bin"'),
        (WHOLE, 'W: str = "weights"\nX = Path(W) / "w.bin"'),
        (WHOLE, 'X = os.path.join(R, "weights", "w.bin")'),
        (WHOLE, 'X = os.path.join(R, "weights/w.bin", R)'),
        (WHOLE, 'X = f"{R}/weights/w.bin"'),
        (WHOLE, 'X = os.getcwd() + "/weights/w.bin"'),
        (WHOLE, 'X = f"{R}weights/w.bin"'),
        (WHOLE, 'X = "%s/weights/w.bin" % R'),
        (WHOLE, 'X = "/".join(["weights", "w.bin"])'),
        (WHOLE, 'X = "/".join((R, "weights", "w.bin"))'),
        (WHOLE, 'X = open(b"weights/w.bin")'),
        (WHOLE, 'X = Path("weights/other").with_name("w.bin")'),
        (WHOLE, 'import os.path as osp\nX = osp.join("weights", "w.bin")'),
        (WHOLE, 'from os.path import join as j\nX = j("weights", "w.bin")'),
        ("weights", 'from pathlib import Path as P\nX = sorted(P("weights").glob("*.bin"))'),
    ],
)
def test_a_path_that_is_written_in_any_way(copy: Any, plant: Any, name: str, code: str) -> None:
    copy.write("vocab", "cats")
    copy.write(WHOLE, b"\x00weights")
    plant("inputs", f"\n{code}", f"names {name}, on which no stage depends")


@pytest.mark.parametrize("owner", [0, 1])
@pytest.mark.parametrize(
    "code",
    [
        'Path(__file__).with_name("table.json")',
        'Path(__file__).parent.parent / "table.json"',
        'files(pkg) / "table.json"',
        'files(pkg).joinpath("table.json")',
        'read_text(pkg, "table.json")',
    ],
)
def test_a_file_among_the_modules(copy: Any, expect: Any, code: str, owner: int) -> None:
    path = copy.codes[owner]
    folder = path.rpartition("/")[0]
    table = f"{folder}/table.json"
    copy.write(table, "{}")
    copy.write(f"{folder}/__pycache__/gone.pyc", b"\x00")
    line = copy.append(path, f'\nX = {code}\nGONE = "gone.pyc", "validate.py"\n') + 1
    finding = expect("inputs", path, line, f"names {table}, on which no stage", stale=True)
    assert len(copy.new()["inputs"]) == 1, finding
    copy.add("deps:", table)
    assert "inputs" not in copy.new()


@pytest.mark.parametrize(
    "name", ["data/raw", "data/raw/cat/1.png", "data/prepared/test", "data/prepared/test/0.npy"]
)
def test_data_that_another_stage_depends_on(copy: Any, expect: Any, name: str) -> None:
    for train in ("src/samebits/stages/train.py", f"{copy.package}/training.py"):
        line = copy.append(train, f'\nOTHER = Path("{name}")\n') + 1
        words = f"stage train: names {name}, on which it does not depend; add it to its deps"
        expect("inputs", train, line, words, stale=True)
        copy.restore()


@pytest.mark.parametrize(
    "path",
    [
        *("/mnt/shared/w.pt", "C:/shared/w.pt", "/data/w.pt", "../x/y", "../../x", "../x"),
        "../{project}/weights/w.bin",
    ],
)
def test_a_path_outside_the_project(copy: Any, plant: Any, path: str) -> None:
    copy.write(WHOLE, b"\x00weights")
    path = path.format(project=copy.root.name)
    words = f"names {path}, which is outside the project and has no version; move it in and track"
    plant("inputs", f'\nPRETRAINED = open("{path}", "rb")', words)


@pytest.mark.parametrize(
    "code",
    [
        *('"/proc/cpuinfo"', '"/dev/shm/x"', '"a/b %s"', '"100 %" % ()', '"{}".format("a", *B)'),
        *('".." in B', '"../" in B', 'Path(__file__).parent / "../gone/x"', 'f"{B}/gone/x"'),
        *('os.path.join(B, "../x")', '", ".join(["weights"])', 'Path("data/raw") / "vocab"'),
        *('f"{B}: see weights/w.bin"', 'f"{B}_vocab"', "B / 2 + 1", 'f"{B} weights"'),
    ],
)
def test_what_names_no_path(copy: Any, code: str) -> None:
    copy.write("vocab", "cats")
    copy.write(WHOLE, b"\x00weights")
    for code_file in copy.codes:
        copy.append(code_file, f"\nB = []\nTOLD = {code}\n")
    assert "inputs" not in copy.new()


def test_what_is_no_folder_of_inputs(copy: Any) -> None:
    copy.write("checkpoints/1.pt", b"\x00")
    copy.write("data/decoded/1.npy", b"\x00")
    copy.write("weights/1.bin", b"\x00")
    code = 'KEY, FOLDER, GONE = "weights", Path("reports"), Path("gone")\nDATA = Path("data")\n'
    for path in copy.codes:
        copy.append(path, f'\n{code}MINE = Path("weights")  # audit: looked at, and not read\n')
    assert "inputs" not in copy.new()


def test_a_file_that_it_names_for_no_result(copy: Any) -> None:
    copy.write("notes.txt", "mine")
    for path in copy.codes:
        copy.append(path, '\nNOTES = "notes.txt"  # audit: shown to the user\n')
        copy.append(path, '\n"""As said in notes.txt, and of data.json."""\nGONE = "gone.txt"\n')
        copy.append(path, '\n"""notes.txt"""\nGONE += ""  # as in "notes.txt"\n')
    assert "inputs" not in copy.new()


def test_data_on_which_no_stage_depends(copy: Any, expect: Any) -> None:
    copy.append(".gitignore", f"/{WEIGHTS}\n")
    line = 2
    copy.write(f"{WEIGHTS}.dvc", f"outs:\n- md5: {'0' * 32}\n  path: pretrained.bin\n")
    expect("inputs", f"{WEIGHTS}.dvc", line, f"tracks {WEIGHTS}, on which no stage depends")
    copy.add("deps:", WEIGHTS)
    assert "inputs" not in copy.new()
