"""Texts and their tokens: cut or padded, and known if the training texts have them."""

import numpy as np
import pytest

from samebits.data.example import Unreadable
from samebits.data.text import (
    FIRST,
    PADDING,
    UNKNOWN,
    fit_vocabulary,
    pieces,
    read_text,
    token_row,
    transform_tokens,
    trigrams,
)


def rows(*texts: str, length: int = 6) -> np.ndarray:
    return np.stack([token_row(pieces(text, "character"), length) for text in texts])


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "no text"), (b" \n\t", "no text"), (b"one\ntwo \xff", "line 2 is not in UTF-8")],
)
def test_what_is_no_text(content: bytes, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_text(content)
    assert read_text("\ufeff Öl\n".encode()) == "Öl"


def test_pieces() -> None:
    assert pieces("ab c", "character") == ["a", "b", " ", "c"]
    assert pieces(" ab  c\n", "word") == ["ab", "c"]


def test_the_vocabulary_is_that_of_the_training_texts() -> None:
    train = rows("aab", "abc", "ba")
    vocabulary = fit_vocabulary(iter([{"tokens": train[:1]}, {"tokens": train[1:]}]), most=2)
    assert np.array_equal(vocabulary, np.unique(rows("ab")[:, :2]))
    again = fit_vocabulary(iter([{"tokens": train[::-1]}]), most=2)
    assert np.array_equal(vocabulary, again)
    made = transform_tokens(rows("abz"), vocabulary)[0]
    assert made.dtype == np.int32
    assert sorted(made[:2].tolist()) == [FIRST, FIRST + 1]
    assert made[2:].tolist() == [UNKNOWN, PADDING, PADDING, PADDING]


def test_of_equals_the_smaller_number_is_known() -> None:
    vocabulary = fit_vocabulary(iter([{"tokens": rows("abcd")}]), most=3)
    assert vocabulary.tolist() == sorted(rows("abcd")[0, :4].tolist())[:3]


def test_a_long_text_is_cut_and_a_blank_one_is_padding() -> None:
    assert np.array_equal(rows("abcdefgh")[0], rows("abcdef")[0])
    assert not transform_tokens(np.zeros((1, 6), np.int64), rows("ab")[0][:1]).any()


def test_trigrams_count_what_is_there() -> None:
    counts = trigrams("anana", 4096)
    assert counts.sum() == 5 and counts.max() == 2  # " an", "ana" twice, "nan", "na "
    assert np.array_equal(counts, trigrams("anana", 4096))
    assert not np.array_equal(counts, trigrams("banan", 4096))
