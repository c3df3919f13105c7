from fractions import Fraction

import pytest

from refilm.errors import UsageError
from refilm.plan import Plan, choose_plan, presets
from refilm.stages.wording import make_stage


@pytest.mark.parametrize("name", presets())
def test_every_preset_says_what_it_is_for_and_bears_its_name(name):
    plan = Plan.load(name)
    assert plan.name == name
    assert plan.summary


@pytest.mark.parametrize("name", presets())
@pytest.mark.parametrize("kind", ["json", "toml"])
def test_a_plan_survives_being_written_and_read(name, kind, tmp_path):
    plan = Plan.load(name)
    file = tmp_path / f"plan.{kind}"
    file.write_text(plan.to_json() if kind == "json" else plan.to_toml(), encoding="utf-8")
    assert Plan.load(str(file)) == plan


def test_times_in_a_plan_stay_exact(tmp_path):
    plan = Plan(rate=Fraction(24000, 1001), start=Fraction(1, 3))
    assert Plan.parse(plan.to_toml(), "it") == plan


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("stabilize", {}, 'did you mean "stabilise"'),
        ("xyzzy", {}, "there are clean, colourise, compare"),
        ("clean", {"strenght": 1}, 'did you mean "strength"'),
        ("clean", {"strength": 7}, r"strength=7: Input should be less than or equal to 1"),
        ("colourise", {"recolour": "magic"}, r"recolour=magic: Input should be 'none', 'tinted' or"),
    ],
)
def test_a_wrong_stage_or_option_is_named_with_what_is_allowed(name, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        make_stage(name, options)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("stages = [", "neither TOML nor JSON"),
        ('{"stages": 5}', "stages=5"),
        ("colour = true", "colour=True: Extra inputs are not permitted"),
        ("[[stages]]\nstrength = 1", "needs its name"),
        ('[[stages]]\nstage = "polish"', 'no stage "polish"'),
        ('[encoding]\ncodec = "vhs"', r"encoding.codec=vhs"),
    ],
)
def test_a_plan_file_that_is_wrong_is_explained(text, sentence, tmp_path):
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=sentence):
        Plan.load(str(file))


def test_an_unknown_plan_is_answered_with_the_nearest_name():
    with pytest.raises(UsageError, match='did you mean "good"'):
        Plan.load("goood")


def test_a_plan_file_that_is_not_there_is_named():
    with pytest.raises(UsageError, match=r"no plan file mine\.toml"):
        Plan.load("mine.toml")


def test_stages_alone_are_the_whole_plan_in_their_order():
    plan = choose_plan(None, [("levels", {}), ("clean", {"strength": 0.2})])
    assert [stage.name() for stage in plan.stages] == ["levels", "clean"]
    assert plan.stages[1] == make_stage("clean", {"strength": 0.2})


def test_stages_with_a_plan_change_its_options_or_are_added():
    good = Plan.load("good")
    plan = choose_plan("good", [("clean", {"strength": 0.2}), ("upscale", {"times": 2})])
    names = [stage.name() for stage in good.stages]
    assert [stage.name() for stage in plan.stages] == [*names, "upscale"]
    assert make_stage("clean", {"strength": 0.2}) in plan.stages


def test_neither_a_plan_nor_a_stage_is_the_good_plan():
    assert choose_plan(None, []) == Plan.load("good")


def test_only_plans_that_invent_say_so():
    assert Plan.load("archive").invented() == ()
    assert Plan.load("good").invented() == ("colours", "in-between frames")
    assert Plan.load("good").networks() == ("refilm-colour", "rife", "refilm-matching")


def lacking(*names):
    return lambda name: name not in names


def test_a_stage_whose_weights_are_missing_gives_its_place_to_the_one_that_it_names():
    plan = choose_plan(None, [("colourise", {"method": "rife", "otherwise": "levels:strength=0.5"})])
    settled, said = plan.with_weights(lacking("rife"))
    assert settled.stages == (make_stage("levels", {"strength": 0.5}),)
    assert said == (
        "colourise needs rife, whose weights are not on this computer: levels:strength=0.5 takes its "
        "place; `refilm models fetch rife` gets them",
    )


def test_a_stage_keeps_its_place_where_its_weights_are_here_or_it_names_no_other():
    plan = choose_plan(None, [("colourise", {"otherwise": "levels"}), ("interpolate", {})])
    assert plan.with_weights(lacking("rife")) == (plan, ())


FOLLOWING = Plan(stages=(make_stage("colourise", {}), make_stage("remaster", {})))


def test_faces_are_looked_for_where_stills_of_the_best_frames_are_followed():
    assert "centerface" in FOLLOWING.networks()
    others = [Plan(stages=FOLLOWING.stages[:1]), *(
        FOLLOWING.model_copy(update=change)
        for change in ({"stills": "first-middle-last"}, {"faces": "none"})
    )]  # fmt: skip
    for plan in others:
        assert "centerface" not in plan.networks()
        assert plan.seeing(lacking("centerface")) == (plan, "")


def test_nobody_looks_for_faces_without_weights_and_that_is_said():
    assert FOLLOWING.seeing(lacking()) == (FOLLOWING, "")
    blind, said = FOLLOWING.seeing(lacking("centerface"))
    assert blind == FOLLOWING.model_copy(update={"faces": "none"})
    assert said.startswith("Nobody looks for faces")
    assert "refilm models fetch centerface" in said


@pytest.mark.parametrize(
    ("words", "sentence"), [("polish", 'no stage "polish"'), ("levels:much=1", 'no option "much"')]
)
def test_a_stage_that_would_take_the_place_must_be_one(words, sentence):
    with pytest.raises(UsageError, match=sentence):
        make_stage("colourise", {"otherwise": words})
