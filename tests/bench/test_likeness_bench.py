"""Parts of one photograph are told from parts of others."""

from refilm.bench import likeness
from tests.training.coloured import photographs


def test_shares_of_pairs_are_told_by_light_alone_and_together(tmp_path):
    found = likeness.measure([photographs(tmp_path, 6)], 4)
    assert found["pictures"] == 4
    assert list(found["figures"]) == ["0.9", "0.7", "0.5"]
    for figures in found["figures"].values():
        for shares in figures.values():
            assert 0 <= shares["by light"] <= shares["together"] <= 1
    nearly_whole = found["figures"]["0.9"]
    assert nearly_whole["same place"]["together"] > nearly_whole["other place"]["together"]


def test_the_same_photographs_give_the_same_figures(tmp_path):
    folder = photographs(tmp_path, 4)
    first, second = (likeness.measure([folder], 3) for _ in range(2))
    assert first == second
