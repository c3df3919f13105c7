"""`refilm restore`: films in, restored films out."""

import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import click

from refilm.chain import restore_in_steps
from refilm.cli.options import changed, led, options_of
from refilm.cli.watch import JsonWatcher, LineWatcher
from refilm.cli.weights import fetch_missing
from refilm.cli.words import Rate, StageWords, Time
from refilm.errors import OutputError, RefilmError, SomeFailedError, StoppedError, UsageError
from refilm.film import Encoding
from refilm.models import is_here
from refilm.outputs import choose_output, expand, is_folder, workspace_beside
from refilm.plan import Plan, choose_plan, presets
from refilm.restore import Wishes
from refilm.restore import restore as restore_film
from refilm.stages.wording import StageChange
from refilm.stills.references import expand as pictures_of
from refilm.stills.references import meant_for

_STAGE = "A stage and its options. Alone they are the whole plan; after --plan they change it."


@click.command()
@click.argument("films", nargs=-1, required=True)
@click.option("-o", "--output", help="The restored film, or a folder for it; else beside the film.")
@click.option("--plan", help=f"What to do: {', '.join(presets())}, or a TOML or JSON file.")
@click.option("--stage", "stages", multiple=True, type=StageWords(), help=_STAGE)
@click.option("--from", "start", type=Time(), help="Begin at this time of the film.")
@click.option("--to", "end", type=Time(), help="End before this time of the film.")
@click.option("--rate", type=Rate(), help="Frames per second of loose pictures.")
@led
@options_of(Plan, Plan.model_fields.keys() - {"faces", "shots"})
@options_of(Encoding)
@click.option("--workspace", type=click.Path(path_type=Path), help="Folder to work in.")
@click.option("--keep-steps", is_flag=True, help="Write the film after each stage too.")
@click.option("--overwrite", is_flag=True, help="Replace an output that is there already.")
@click.option("--fetch", is_flag=True, help="Get networks' weights that are missing.")
@click.option("--json", "as_json", is_flag=True, help="Write progress as JSON lines.")
def restore(
    films: tuple[str, ...],
    output: str | None,
    plan: str | None,
    stages: tuple[StageChange, ...],
    start: Fraction | None,
    end: Fraction | None,
    rate: Fraction | None,
    references: tuple[str, ...],
    palette: tuple[str, ...],
    faces: str | None,
    shots: str | None,
    workspace: Path | None,
    keep_steps: bool,
    overwrite: bool,
    fetch: bool,
    as_json: bool,
    **encoding: object,
) -> None:
    """Restore films: files, folders of films, folders or patterns of pictures, or - for a pipe.

    A run that was broken off goes on where it stopped when the same command is given again.
    """
    chosen = choose_plan(plan, stages)
    stored = changed(chosen.encoding.of_codec(encoding.get("codec")), encoding)
    chosen = chosen.model_copy(
        update={
            "start": start, "end": end, "rate": rate, "encoding": stored,
            "faces": faces or chosen.faces, "shots": shots or chosen.shots,
        }
    )  # fmt: skip
    chosen = chosen.led_by(references, palette)
    if fetch:
        fetch_missing(chosen.following()[0].with_weights(is_here)[0].networks())
    wishes = Wishes(workspace, keep_steps, overwrite)
    Batch(chosen, output, wishes, as_json).run(expand(films))


@dataclass(frozen=True)
class Batch:
    """What was asked for all films of one command."""

    plan: Plan
    output: str | None
    wishes: Wishes
    as_json: bool

    def run(self, films: Sequence[str]) -> None:
        """Restore each film; a failed one does not stop the others.

        Raises the film's own error where there is one film, SomeFailedError where there are several.
        """
        outputs = self._outputs(films)
        if len(films) == 1:
            self._restore(films[0], outputs[0], self.plan.references)
            return
        pictures = pictures_of(self.plan.references)
        failed = [
            film
            for film, output in zip(films, outputs, strict=True)
            if not self._try(film, output, [str(each) for each in meant_for(film, films, pictures)])
        ]
        if failed:
            raise SomeFailedError(f"{len(failed)} of {len(films)} films failed: {', '.join(failed)}.")

    def _outputs(self, films: Sequence[str]) -> list[Path]:
        several = len(films) > 1
        if several and self.output is not None and not is_folder(self.output):
            raise UsageError(f'{len(films)} films need a folder as output; write "{self.output}/".')
        if several and self.wishes.workspace is not None:
            raise UsageError("One workspace cannot serve several films; leave --workspace out.")
        outputs = [choose_output(film, self.output, self.plan.encoding) for film in films]
        if twice := [str(output) for output in outputs if outputs.count(output) > 1]:
            raise UsageError(f"Two films would become {twice[0]}; restore them one by one with -o.")
        return outputs

    def _try(self, film: str, output: Path, references: Sequence[str]) -> bool:
        try:
            self._restore(film, output, references)
        except StoppedError:
            raise
        except RefilmError as error:
            click.echo(f"refilm: {film}: {error}", err=True)
            return False
        return True

    def _restore(self, film: str, output: Path, references: Sequence[str]) -> None:
        name = Path(film).name or film
        watcher = JsonWatcher(name) if self.as_json else LineWatcher(name)
        source = _spooled(film, output, watcher) if film == "-" else film
        plan = self.plan.model_copy(update={"source": source, "references": tuple(references)})
        try:
            in_steps = plan.chain and self.wishes.keep_steps
            run = restore_in_steps if in_steps else restore_film
            record = run(plan, output, self.wishes, watcher)
        except KeyboardInterrupt:
            again = shlex.join(["refilm", *sys.argv[1:]])
            raise StoppedError(f"Stopped. The same command goes on from here: {again}") from None
        except RefilmError as error:
            watcher.failed(error)
            raise
        finally:
            watcher.close()
        if isinstance(watcher, JsonWatcher):
            watcher.write("done", output=output, record=record)
        else:
            click.echo(str(output))


def _spooled(pipe: str, output: Path, watcher: LineWatcher | JsonWatcher) -> str:
    """Return the path of a file with all that comes through the pipe: it is looked at twice."""
    del pipe
    watcher.say("the film from the pipe is stored in the workspace first, since it is read twice")
    folder = workspace_beside(output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "pipe").open("wb") as file:
            shutil.copyfileobj(_standard_input(), file)
    except OSError as error:
        raise OutputError(f"The film from the pipe cannot be stored: {error.strerror}.") from error
    return str(folder / "pipe")


def _standard_input() -> BinaryIO:
    return sys.stdin.buffer
