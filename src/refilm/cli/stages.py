"""`refilm stages`: what each stage does, and its options."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import click
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from refilm.errors import UsageError
from refilm.stages.base import Stage, catalogue
from refilm.stages.wording import nearest


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
        yield f"  {name}={field.default}  {field.description}{limits(field)}"


def limits(field: FieldInfo) -> str:
    """Return what an option may be, in words: " (at least 0, at most 1)"; "" where anything goes."""
    words = [_LIMITS[type(limit)](limit) for limit in field.metadata if type(limit) in _LIMITS]
    return f" ({', '.join(words)})" if words else ""


_LIMITS: Mapping[type, Callable[[Any], str]] = {
    Ge: lambda limit: f"at least {limit.ge}",
    Gt: lambda limit: f"above {limit.gt}",
    Le: lambda limit: f"at most {limit.le}",
    Lt: lambda limit: f"below {limit.lt}",
}
