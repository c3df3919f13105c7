"""`refilm stages`: what each stage does, and its options."""

import json
from collections.abc import Iterator

import click
from pydantic.fields import FieldInfo

from refilm.errors import UsageError
from refilm.plan import nearest
from refilm.stages.base import Stage, catalogue


@click.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write the stages' JSON schemas.")
def stages(name: str | None, as_json: bool) -> None:
    """List the stages, or show the options of one."""
    if name is not None and name not in catalogue():
        raise UsageError(f'There is no stage "{name}"; {nearest(name, catalogue())}.')
    chosen = catalogue() if name is None else {name: catalogue()[name]}
    if as_json:
        click.echo(json.dumps({n: kind.model_json_schema() for n, kind in chosen.items()}, indent=2))
    elif name is None:
        click.echo("\n".join(f"{n:12} {_summary(kind)}" for n, kind in chosen.items()))
    else:
        click.echo("\n".join(_page(chosen[name])))


def _summary(kind: type[Stage]) -> str:
    return (kind.__doc__ or "").split("\n", 1)[0]


def _page(kind: type[Stage]) -> Iterator[str]:
    yield f"{kind.name()}: {_summary(kind)}"
    if kind.invents:
        yield f"  invents: {kind.invents}"
    for name, field in kind.model_fields.items():
        yield f"  {name}={field.default}  {field.description}{_bounds(field)}"


def _bounds(field: FieldInfo) -> str:
    limits = [str(limit) for limit in field.metadata]
    return f" ({', '.join(limits)})" if limits else ""
