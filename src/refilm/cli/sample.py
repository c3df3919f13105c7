"""`refilm sample`: a placeholder until integrated."""

import click


@click.command()
def sample() -> None:
    """Draw."""
