import pytest

from refilm.progress import Heard, Pace, Watcher


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_time_left_follows_the_speed_since_the_first_frame():
    clock = Clock()
    pace = Pace(101, clock=clock)
    clock.now = 30.0  # setting up
    pace.step(1)
    clock.now = 40.0
    pace.step(20)
    assert pace.frames_per_second == pytest.approx(2.0)
    assert pace.seconds_left == pytest.approx(40.0)


def test_frames_of_an_earlier_run_say_nothing_of_the_speed():
    clock = Clock()
    pace = Pace(100, done=50, clock=clock)
    pace.step(1)
    clock.now = 10.0
    pace.step(9)
    assert pace.frames_per_second == pytest.approx(0.9)
    assert pace.seconds_left == pytest.approx(40 / 0.9)


def test_before_the_second_frame_nobody_knows_the_time_left():
    pace = Pace(100, clock=Clock())
    assert pace.seconds_left is None
    pace.step(1)
    assert pace.seconds_left is None


def test_a_sentence_said_twice_is_passed_on_and_kept_once():
    told = []

    class Listener(Watcher):
        def say(self, sentence):
            told.append(sentence)

    heard = Heard(Listener())
    heard.say("mind the gap")
    heard.say("mind the gap")
    assert told == heard.sentences == ["mind the gap"]
