"""The command line: words become a plan, and the plan goes to `restore`."""

import signal
import sys
from collections.abc import Sequence
from types import FrameType

import click

from refilm.cli.age import age
from refilm.cli.bench import bench
from refilm.cli.compare import compare
from refilm.cli.models import models
from refilm.cli.plan import plan
from refilm.cli.restore import restore
from refilm.cli.stages import stages
from refilm.cli.stills import stills
from refilm.cli.survey import survey
from refilm.cli.train import train
from refilm.errors import RefilmError, UsageError
from refilm.version import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def program() -> None:
    """Give a digitised old film back steady, clean, sharp and at a modern frame rate."""


for command in (restore, survey, stills, plan, stages, models, compare, age, bench, train):
    program.add_command(command)


def main(words: Sequence[str] | None = None) -> None:
    """Run the command line and end the process with the exit code that `refilm.errors` lists."""
    signal.signal(signal.SIGTERM, _interrupt)
    sys.exit(run(words))


def run(words: Sequence[str] | None) -> int:
    """Run the words and return the exit code: the only place where an exception becomes one."""
    try:
        program.main(args=words, standalone_mode=False)
    except RefilmError as error:
        click.echo(f"refilm: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return UsageError.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("refilm: stopped.", err=True)
        return 5
    return 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise KeyboardInterrupt
