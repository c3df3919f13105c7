"""`refilm plan`: the plans that come with refilm."""

import click

from refilm.plan import Plan, presets


@click.group()
def plan() -> None:
    """Show the plans that come with refilm; copy one to a file and change it as you like."""


@plan.command(name="list")
def list_plans() -> None:
    """List the plans."""
    for name in presets():
        click.echo(f"{name:10} {Plan.load(name).summary}")


@plan.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of TOML.")
def show(name: str, as_json: bool) -> None:
    """Write a plan as a file that --plan takes."""
    chosen = Plan.load(name)
    click.echo(chosen.to_json() if as_json else chosen.to_toml(), nl=as_json)
