"""Films on disk: read, written and joined. Nothing outside this package knows FFmpeg."""

from refilm.film.codecs import CodecName
from refilm.film.encoding import Encoding, Target, target_for
from refilm.film.filtering import filtered
from refilm.film.join import join
from refilm.film.pictures import KINDS as PICTURES
from refilm.film.source import Film, open_film
from refilm.film.whole import write_film
from refilm.film.write import write_segment

__all__ = [
    "PICTURES",
    "CodecName",
    "Encoding",
    "Film",
    "Target",
    "filtered",
    "join",
    "open_film",
    "target_for",
    "write_film",
    "write_segment",
]
