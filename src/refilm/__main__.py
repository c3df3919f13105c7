"""Run the command line by `python -m refilm`."""

from refilm.cli import main

main()
