"""`refilm train`: networks of the project's own, from pictures."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from refilm import models
from refilm.cli.weights import fetch_missing, say
from refilm.errors import UsageError
from refilm.training.pictures import KEPT

FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.group()
def train() -> None:
    """Train the project's own networks."""


@train.command("colour")
@click.option("--pictures", "folders", type=FOLDER, multiple=True, required=True,
              help="A folder of colour photographs; may be given several times.")  # fmt: skip
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True,
              help="The file of weights to write (safetensors).")  # fmt: skip
@click.option("--run", type=click.Path(path_type=Path), show_default=True,
              default=Path("training-runs/colour"),
              help="Folder of checkpoints; training goes on from them.")  # fmt: skip
@click.option("--steps", type=click.IntRange(0), default=40_000, show_default=True,
              help="Steps at the full learning rate; more can be added later.")  # fmt: skip
@click.option("--finish", type=click.IntRange(0), default=4000, show_default=True,
              help="Steps after these, in which the learning rate falls to nothing.")  # fmt: skip
@click.option("--kept", type=click.IntRange(2), default=KEPT, show_default=True,
              help="Pictures kept for judging, chosen by their names.")  # fmt: skip
@click.option("--begin", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="Weights of the colouriser to learn on from, such as an earlier --out.")  # fmt: skip
@click.option("--mix", type=click.FloatRange(0, 1), default=0.0, show_default=True,
              help="Share of the weights of --begin in those that are written.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True)
def train_colour(
    folders: tuple[Path, ...],
    out: Path,
    run: Path,
    steps: int,
    finish: int,
    kept: int,
    begin: Path | None,
    mix: float,
    seed: int,
) -> None:
    """Train the colouriser, going on where an earlier run in the same folder was stopped.

    It can be stopped at any time. Set OMP_NUM_THREADS=1: it uses two threads of its own.
    """
    from refilm.training import beginning, colour
    from refilm.training.pictures import split
    from refilm.training.recipe import Recipe

    if mix and begin is None:
        raise UsageError("--mix is a share of the weights of --begin; give both or neither.")
    pictures = split(folders, kept)
    recipe = replace(Recipe(), seed=seed, mixed=mix)
    former = None
    if begin is None:
        fetch_missing([beginning.ENCODER])
        begun = beginning.from_encoder(models.load(beginning.ENCODER).state_dict())
    else:
        colouriser = models.load("refilm-colour", weights=begin)
        former = {key: tensor.clone() for key, tensor in colouriser.state_dict().items()}
        begun = beginning.from_colouriser(colouriser, pictures.training, recipe)
    network, trained = colour.train(pictures, run, (steps, finish), recipe, begun, say, former)
    colour.write(network, out)
    click.echo(json.dumps(asdict(trained), indent=2))
