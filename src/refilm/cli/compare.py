"""`refilm compare`: two films side by side, at the same times."""

from pathlib import Path

import click

from refilm.cli.options import options_of
from refilm.cli.watch import LineWatcher
from refilm.film import Encoding
from refilm.outputs import choose_output
from refilm.plan import Plan
from refilm.restore import Wishes, restore
from refilm.stages.compare import Compare
from refilm.stages.wording import make_stage


@click.command()
@click.argument("before")
@click.argument("after")
@click.option("-o", "--output", required=True, help="The film to write.")
@click.option("--overwrite", is_flag=True, help="Replace an output that is there already.")
@options_of(Compare, leave_out=("against",))
def compare(before: str, after: str, output: str, overwrite: bool, **options: object) -> None:
    """Show BEFORE and AFTER in one film, at the same times even where rate and size differ."""
    given = {name: value for name, value in options.items() if value is not None}
    stage = make_stage("compare", given | {"against": before})
    plan = Plan(name="compare", source=after, stages=(stage,), only_needed=False)
    watcher = LineWatcher(Path(after).name)
    restore(plan, choose_output(after, output, Encoding()), Wishes(overwrite=overwrite), watcher)
    watcher.close()
    click.echo(output)
