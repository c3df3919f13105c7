"""`refilm age`: a clean film made old, with the truth kept beside it; or the sample film."""

from pathlib import Path
from tempfile import TemporaryDirectory

import click

from refilm.age import Ageing, preset, presets, write_aged
from refilm.cli.options import changed, options_of
from refilm.cli.weights import say
from refilm.errors import UsageError
from refilm.film import Encoding, Film, open_film
from refilm.sample import cuts, write_sample


@click.command()
@click.argument("film", required=False)
@click.option("--sample", is_flag=True, help="Draw the sample film and age that.")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The aged film.")
@click.option("--truth", type=click.Path(path_type=Path), help="Folder for the truth about it.")
@click.option("--preset", "name", type=click.Choice([*presets(), "none"]), default="typical",
              show_default=True, help="How old; each amount below changes it.")  # fmt: skip
@options_of(Encoding)
@options_of(Ageing)
def age(
    film: str | None,
    sample: bool,
    output: Path,
    truth: Path | None,
    name: str,
    codec: str | None,
    quality: int | None,
    bit_depth: int | None,
    **amounts: object,
) -> None:
    """Make a clean FILM old: weave, flicker, dirt, scratches, grain, fading, wrong speed.

    With --truth, the clean pictures, masks, shifts, gains and cuts are kept, to measure against.
    """
    if (film is None) == (not sample):
        raise UsageError("Give a film to age, or --sample to draw one, and not both.")
    ageing = changed(Ageing() if name == "none" else preset(name), amounts)
    encoding = changed(Encoding(), {"codec": codec, "quality": quality, "bit_depth": bit_depth})
    with TemporaryDirectory() as folder:
        source = _drawn(Path(folder)) if film is None else open_film(film, say=say)
        write_aged(
            output,
            source.watch(),
            source.info,
            ageing,
            encoding=encoding,
            truth=truth,
            cuts=cuts() if film is None else (),
            copy_from=source.path,
            say=say,
        )
    click.echo(str(output))


def _drawn(folder: Path) -> Film:
    path = folder / "sample.mkv"
    write_sample(path, encoding=Encoding(codec="ffv1"), say=say)
    return open_film(path, say=say)
