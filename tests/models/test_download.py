"""Downloads that break off, change, or were never there."""

import subprocess
import sys
from pathlib import Path

import pytest
from small import WEIGHTS, card_of, weights_file
from web import serving

from refilm.errors import WeightsError
from refilm.models import store
from refilm.models.card import Address
from refilm.models.download import Part, download
from refilm.models.sources import Ways

SIZE = len(WEIGHTS)
CUT = 4000
"""Bytes after which a connection breaks off: not half of the file, and not a round number of it."""
BOTH = """
import sys
sys.path.insert(0, {here!r})
from pathlib import Path
from small import card_of, weights_file
from refilm.models import store
from refilm.models.card import Address
card = card_of(weights_file(sources=(Address(address={address!r}),)))
def say(sentence):
    print(sentence, flush=True)
print(store.fetch(card, say, within=Path({store!r}))[0].stat().st_size, flush=True)
"""


@pytest.fixture
def web():
    with serving() as site:
        site.files["/small.pth"] = WEIGHTS
        yield site


@pytest.fixture
def part(tmp_path):
    return Part(tmp_path / "small.pth.part")


def take(site, part, size=SIZE, heard=lambda here, total: None, path="/small.pth"):
    download(f"{site.root}{path}", part, size, heard)
    return part.path.read_bytes()


def card_at(*addresses, **changes):
    return card_of(weights_file(sources=tuple(Address(address=each) for each in addresses), **changes))


def fetched(card, folder, **ways):
    said = []
    (path,) = store.fetch(card, said.append, within=folder, ways=Ways(**ways))
    return path.read_bytes(), said


def begun(site, part):
    """Leave a part of a download that broke off twice, the second time at once or no later."""
    goes_on = site.knows_ranges and site.tag.startswith('"')
    site.cuts = [CUT, 0 if goes_on else CUT]
    with pytest.raises(WeightsError, match=f"broke off after {CUT} of {SIZE} bytes"):
        take(site, part)
    site.asked.clear()


def test_a_download_that_breaks_off_goes_on_by_itself_with_what_is_missing(web, part):
    web.cuts = [CUT, CUT]
    assert take(web, part) == WEIGHTS
    assert [wish for _, wish in web.asked] == [None, f"bytes={CUT}-", f"bytes={2 * CUT}-"]


def test_the_next_try_goes_on_where_the_last_one_ended(web, part):
    begun(web, part)
    assert part.length == CUT
    assert take(web, part) == WEIGHTS
    assert web.asked == [("/small.pth", f"bytes={CUT}-")]


def test_a_file_that_changed_between_two_tries_begins_anew(web, part):
    begun(web, part)
    web.files["/small.pth"], web.tag = WEIGHTS[::-1], '"second"'
    assert take(web, part) == WEIGHTS[::-1]


@pytest.mark.parametrize("tag", ["", 'W/"weak"'], ids=["no mark", "a weak mark"])
def test_without_a_mark_that_promises_the_same_bytes_a_try_begins_anew(web, part, tag):
    web.tag = tag
    begun(web, part)
    assert take(web, part) == WEIGHTS
    assert web.asked == [("/small.pth", None)]


def test_a_server_that_knows_no_ranges_gives_the_whole_file_again(web, part):
    web.knows_ranges = False
    begun(web, part)
    assert take(web, part) == WEIGHTS
    assert web.asked == [("/small.pth", f"bytes={CUT}-")]


def test_a_part_from_one_address_is_not_gone_on_with_from_another(web, part):
    begun(web, part)
    web.files["/mirror.pth"] = WEIGHTS
    assert take(web, part, path="/mirror.pth") == WEIGHTS
    assert web.asked == [("/mirror.pth", None)]


def test_a_part_that_is_longer_than_the_file_begins_anew(web, part):
    begun(web, part)
    part.path.write_bytes(WEIGHTS * 2)
    assert take(web, part) == WEIGHTS


def test_a_file_of_another_size_is_refused_before_it_is_downloaded(web, part):
    with pytest.raises(WeightsError, match=f"has {SIZE} bytes where {SIZE + 1} are expected"):
        take(web, part, SIZE + 1)
    assert part.length == 0


def test_a_page_for_a_browser_is_not_taken_for_weights(web, part):
    web.kind = "text/html; charset=utf-8"
    with pytest.raises(WeightsError, match="a page for a browser"):
        take(web, part, None)


def test_a_server_that_falls_silent_is_given_up(web, part):
    web.half.clear()
    with pytest.raises(WeightsError, match="timed out"):
        download(f"{web.root}/small.pth", part, SIZE, lambda here, total: None, 0.1)


def test_where_nobody_answers_the_reason_is_told(web, part):
    with pytest.raises(WeightsError, match=r"cannot be downloaded: .*refused"):
        download("http://127.0.0.1:9/small.pth", part, SIZE, lambda here, total: None)


def test_progress_is_told_in_bytes_of_the_whole_file_also_when_gone_on_with(web, part):
    begun(web, part)
    heard = []
    take(web, part, heard=lambda here, total: heard.append((here, total)))
    assert heard[-1] == (SIZE, SIZE)
    assert all(here > CUT for here, _ in heard)


def test_where_one_address_has_no_file_its_mirror_is_asked(web, tmp_path):
    web.files["/mirror.pth"] = WEIGHTS
    content, said = fetched(
        card_at(f"{web.root}/gone.pth", f"{web.root}/mirror.pth"), tmp_path / "store"
    )
    assert content == WEIGHTS
    assert "mirror.pth" in said[-1]


def test_a_mirror_with_other_content_is_passed_over(web, tmp_path):
    web.files["/wrong.pth"] = WEIGHTS[::-1]
    card = card_at(f"{web.root}/wrong.pth", f"{web.root}/small.pth")
    assert fetched(card, tmp_path / "store")[0] == WEIGHTS


def test_a_broken_download_leaves_its_part_and_a_whole_one_leaves_none(web, tmp_path):
    card, folder = card_at(f"{web.root}/small.pth"), tmp_path / "store"
    web.cuts = [CUT, 0]
    with pytest.raises(WeightsError, match="broke off"):
        fetched(card, folder)
    assert (folder / "small.pth.part").stat().st_size == CUT
    fetched(card, folder)
    assert not list(folder.glob("*.part*"))


def test_wrong_content_is_not_gone_on_with(web, tmp_path):
    web.files["/small.pth"] = WEIGHTS[::-1]
    with pytest.raises(WeightsError, match="its sha256 is"):
        fetched(card_at(f"{web.root}/small.pth"), tmp_path / "store")
    assert not list((tmp_path / "store").glob("*.part*"))


def test_a_folder_of_the_person_is_looked_in_before_the_net_is_asked(web, tmp_path):
    (tmp_path / "small.pth").write_bytes(WEIGHTS)
    content, said = fetched(card_at(f"{web.root}/small.pth"), tmp_path / "store", folders=(tmp_path,))
    assert (content, web.asked) == (WEIGHTS, [])
    assert said[-1].endswith(f"from {tmp_path / 'small.pth'}")


def test_a_folder_without_the_right_file_leaves_the_net_to_be_asked(web, tmp_path):
    (tmp_path / "small.pth").write_bytes(WEIGHTS[:-1])
    content, _ = fetched(card_at(f"{web.root}/small.pth"), tmp_path / "store", folders=(tmp_path,))
    assert content == WEIGHTS


def test_two_programs_that_fetch_one_file_download_it_once(web, tmp_path):
    words = BOTH.format(
        here=str(Path(__file__).parent),
        address=f"{web.root}/small.pth",
        store=str(tmp_path / "store"),
    )
    web.half.clear()
    programs = [
        subprocess.Popen([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    seconds = [[program.stdout.readline() for _ in range(2)][1] for program in programs]
    web.half.set()
    ends = [program.communicate(timeout=30)[0] for program in programs]
    waits = "Another refilm is bringing small.pth; waiting for it\n"
    assert sum(line == waits for line in seconds) == 1
    assert ends == [f"{SIZE}\n"] * 2
    assert web.asked == [("/small.pth", None)]


@pytest.fixture
def small_disk(tmp_path):
    """A folder that is a disk of 4096 bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(disk)]
    if subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("only root can make a small disk")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_is_told_no_mirror_is_asked_and_the_disk_is_left_free(web, small_disk):
    web.files["/mirror.pth"] = WEIGHTS
    card = card_at(f"{web.root}/small.pth", f"{web.root}/mirror.pth")
    with pytest.raises(WeightsError, match=r"No space left.*Make room there, or name another folder"):
        fetched(card, small_disk)
    assert {path for path, _ in web.asked} == {"/small.pth"}
    assert not list(small_disk.glob("*.part*"))
