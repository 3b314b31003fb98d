"""A mistake of the user ends in one line, never in a traceback."""

import pytest

from {{ cookiecutter.__package_name }}.errors import UserError, run


def test_a_user_error_is_one_line_and_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> None:
        raise UserError("data/raw is not there; make it.")

    with pytest.raises(SystemExit) as caught:
        run(main)
    # Python prints a text given to sys.exit on stderr, and exits with 1.
    assert caught.value.code == "error: data/raw is not there; make it."
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_clean() -> None:
    def main() -> None:
        raise KeyboardInterrupt

    with pytest.raises(SystemExit, match="interrupted"):
        run(main)


def test_other_errors_keep_their_traceback() -> None:
    def main() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main)


def test_success_returns() -> None:
    done: list[int] = []
    run(lambda: done.append(1))
    assert done == [1]
