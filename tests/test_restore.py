import json
import shutil
from fractions import Fraction

import av
import numpy as np
import pytest

from refilm.errors import OutputError, StoppedError, UsageError
from refilm.film import open_film
from refilm.plan import Plan, choose_plan
from refilm.progress import Watcher
from refilm.restore import Wishes, restore
from refilm.stages.wording import make_stage

STAGES = [
    ("stabilise", {}),
    ("deflicker", {}),
    ("clean", {}),
    ("levels", {}),
    ("interpolate", {"method": "flow"}),
]


def plan_for(film, stages=STAGES, **changes):
    plan = choose_plan(None, stages)
    return plan.model_copy(update={"source": str(film), **changes})


class Counter(Watcher):
    """Counts frames by phase and stops the work when so many are restored."""

    def __init__(self, stop_after=None):
        self.stop_after = stop_after
        self.frames = {}
        self.sentences = []

    def phase(self, name, total, done=0):
        self.name = name
        self.frames[name] = 0

    def step(self, frames=1):
        self.frames[self.name] += frames
        if self.name == "restore" and self.stop_after and self.frames["restore"] >= self.stop_after:
            raise StoppedError("enough")

    def say(self, sentence):
        self.sentences.append(sentence)


def sound_packets(path):
    with av.open(str(path)) as container:
        audio = container.streams.audio[0]
        return [
            (packet.pts * audio.time_base, bytes(packet))
            for packet in container.demux(audio)
            if packet.size
        ]


def video_times(path):
    return [frame.time for frame in open_film(path).watch()]


def test_a_film_comes_out_with_twice_the_frames_and_its_own_sound(old_film, tmp_path):
    output = tmp_path / "new.mp4"
    restore(plan_for(old_film), output)
    assert len(video_times(output)) == 2 * len(video_times(old_film))
    assert open_film(output).info.rate == 2 * open_film(old_film).info.rate
    assert sound_packets(output) == sound_packets(old_film)


def test_the_original_is_not_changed(old_film, tmp_path):
    before = old_film.read_bytes()
    restore(plan_for(old_film, [("levels", {})]), tmp_path / "new.mp4")
    assert old_film.read_bytes() == before


def test_a_broken_run_goes_on_with_the_same_result_and_loses_at_most_one_segment(old_film, tmp_path):
    whole, broken = tmp_path / "whole.mp4", tmp_path / "broken.mp4"
    plan = plan_for(old_film)
    counted = Counter()
    restore(plan, whole, watcher=counted)
    first, second = Counter(stop_after=30), Counter()
    with pytest.raises(StoppedError):
        restore(plan, broken, watcher=first)
    assert not broken.exists()
    restore(plan, broken, watcher=second)
    assert broken.read_bytes() == whole.read_bytes()
    # The film has three shots of 24 frames: the first was done, the second was begun.
    assert second.frames["restore"] == 48
    assert "survey" not in second.frames


def test_a_changed_film_never_meets_the_segments_of_the_old_one(old_film, tmp_path):
    film, output = tmp_path / "film.mp4", tmp_path / "out.mp4"
    shutil.copy(old_film, film)
    with pytest.raises(StoppedError):
        restore(plan_for(film, [("levels", {})]), output, watcher=Counter(stop_after=30))
    content = bytearray(film.read_bytes())
    content[-1] ^= 1
    film.write_bytes(content)
    again = Counter()
    restore(plan_for(film, [("levels", {})]), output, watcher=again)
    assert again.frames["survey"] == again.frames["restore"] == 72


def test_a_changed_plan_never_meets_the_segments_of_the_old_one(old_film, tmp_path):
    output = tmp_path / "out.mp4"
    with pytest.raises(StoppedError):
        restore(plan_for(old_film, [("levels", {})]), output, watcher=Counter(stop_after=30))
    again = Counter()
    restore(plan_for(old_film, [("levels", {"strength": 0.3})]), output, watcher=again)
    assert again.frames["restore"] == 72


def test_a_whole_result_leaves_no_segments_behind(old_film, tmp_path):
    restore(plan_for(old_film, [("levels", {})]), tmp_path / "out.mp4")
    assert not list((tmp_path / "out.mp4.refilm").rglob("*.segment"))


def test_an_output_that_is_there_is_not_replaced_unless_asked(old_film, tmp_path):
    output = tmp_path / "out.mp4"
    output.write_text("precious")
    plan = plan_for(old_film, [("levels", {})])
    with pytest.raises(OutputError, match="--overwrite"):
        restore(plan, output)
    assert output.read_text() == "precious"
    restore(plan, output, Wishes(overwrite=True))
    assert len(video_times(output)) == 72


def test_the_film_itself_is_never_the_output(old_film, tmp_path):
    film = tmp_path / "film.mp4"
    shutil.copy(old_film, film)
    with pytest.raises(UsageError, match="the film itself"):
        restore(plan_for(film), film, Wishes(overwrite=True))
    assert film.read_bytes() == old_film.read_bytes()


def test_a_part_of_the_film_has_its_part_of_the_sound(old_film, tmp_path):
    output = tmp_path / "part.mp4"
    restore(plan_for(old_film, [("levels", {})], start=Fraction(1), end=Fraction(3)), output)
    assert len(video_times(output)) == 32
    assert video_times(output)[0] == 0
    last = sound_packets(output)[-1][0]
    assert abs(last - 2) < Fraction(1, 16)


def test_the_record_says_what_was_done_and_what_was_invented(old_film, tmp_path):
    record = json.loads(restore(plan_for(old_film), tmp_path / "out.mp4").read_text())
    assert record["invented"] == ["in-between frames"]
    assert [reason["stage"] for reason in record["reasons"]] == [name for name, _ in STAGES]
    assert [shot["number"] for shot in record["shots"]] == [1, 2, 3]
    assert "guesses" in record["notice"]
    assert record["source"]["sha256"] == open_film(old_film).digest()


def test_the_output_itself_says_that_it_was_restored(old_film, tmp_path):
    restore(plan_for(old_film), tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        comment = container.metadata["comment"]
    assert "Restored with refilm" in comment
    assert "plan own (stabilise, deflicker" in comment
    assert "may be guesses" in comment


def test_steps_are_kept_as_films_of_their_own_when_asked(old_film, tmp_path):
    stages = [("levels", {}), ("upscale", {"times": 2})]
    restore(plan_for(old_film, stages), tmp_path / "out.mp4", Wishes(keep_steps=True))
    small = open_film(tmp_path / "out.steps" / "1-levels.mp4")
    large = open_film(tmp_path / "out.steps" / "2-upscale.mp4")
    assert (small.info.width, large.info.width) == (96, 192)
    assert len(list(small.watch())) == len(list(large.watch())) == 72
    assert sound_packets(tmp_path / "out.steps" / "1-levels.mp4") == sound_packets(old_film)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p10le", "gray", "gray16le", "rgb48le"])
def test_without_stages_a_lossless_film_stays_the_same_to_the_bit(pixel_format, tmp_path):
    film, output = tmp_path / "film.mkv", tmp_path / "copy.mkv"
    random = np.random.default_rng(1)
    with av.open(str(film), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(24000, 1001))
        stream.width, stream.height, stream.pix_fmt = 64, 48, pixel_format
        for _ in range(12):
            noise = random.integers(0, 65536, (48, 64, 3), dtype=np.uint16)
            frame = av.VideoFrame.from_ndarray(noise, "rgb48le").reformat(format=pixel_format)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    restore(Plan.load("copy").model_copy(update={"source": str(film)}), output)

    def stored(path):
        with av.open(str(path)) as container:
            return [
                (frame.pts, frame.format.name, [bytes(plane) for plane in frame.planes])
                for frame in container.decode(video=0)
            ]

    # The usual codec of .mkv is H.264: lossless is asked for below.
    plan = Plan.load("copy").model_copy(update={"source": str(film)})
    plan = plan.model_copy(update={"encoding": plan.encoding.model_copy(update={"codec": "ffv1"})})
    restore(plan, output, Wishes(overwrite=True))
    assert stored(output) == stored(film)


def test_one_picture_is_a_film_of_one_frame(tmp_path):
    photo, output = tmp_path / "photo.png", tmp_path / "restored.png"
    picture = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    with av.open(str(photo), "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png")
        stream.width, stream.height, stream.pix_fmt = 70, 50, "rgb24"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode(None))
    restore(plan_for(photo, [("levels", {}), ("upscale", {"times": 2})]), output)
    (frame,) = open_film(output).watch()
    assert frame.pixels.shape == (100, 140, 3)


def test_a_stage_that_the_film_does_not_need_is_left_out_with_the_reason(tmp_path, old_film):
    plan = Plan(source=str(old_film), stages=(make_stage("dedupe", {}), make_stage("levels", {})))
    record = json.loads(restore(plan, tmp_path / "out.mp4").read_text())
    dedupe = record["reasons"][0]
    assert not dedupe["used"]
    assert dedupe["why"]


def pictures(folder):
    return sorted(path.name for path in folder.glob("*.png"))


def test_pictures_come_out_numbered_and_are_not_replaced_unless_asked(old_film, tmp_path):
    output = tmp_path / "frames" / "%03d.png"
    plan = plan_for(old_film, [("levels", {})], end=Fraction(1))
    restore(plan, output)
    assert pictures(output.parent) == [f"{number:03d}.png" for number in range(1, 17)]
    with pytest.raises(OutputError, match=r"001\.png is there already"):
        restore(plan, output)


def test_a_run_broken_while_it_wrote_pictures_can_be_given_again(old_film, tmp_path):
    output = tmp_path / "frames" / "%03d.png"
    plan = plan_for(old_film, [("levels", {})], end=Fraction(1))
    restore(plan, output)
    (output.parent / "009.png").unlink()
    (tmp_path / "frames.refilm" / "joining").touch()
    restore(plan, output)
    assert len(pictures(output.parent)) == 16


def test_what_was_invented_before_is_still_said_of_what_is_made_from_it(old_film, tmp_path):
    first, second = tmp_path / "first.mkv", tmp_path / "second.mp4"
    restore(plan_for(old_film, [("interpolate", {"method": "flow"})]), first)
    record = json.loads(restore(plan_for(first, [("levels", {})]), second).read_text())
    assert record["invented"] == ["in-between frames"]
    assert record["before"]["source"]["name"] == old_film.stem
    with av.open(str(second)) as container:
        assert "invented: in-between frames" in container.metadata["comment"]
