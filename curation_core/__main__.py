"""``curation`` and ``python -m curation_core``."""

from __future__ import annotations

from curation_core._cli import curation


def main() -> None:
    """Run the command line and exit with a code of `curation_core._cli.exits.Exit`."""
    curation(prog_name="curation")


if __name__ == "__main__":
    main()
