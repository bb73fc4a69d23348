"""What every workflow must bear: this one in child processes, with files for its effect."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from curation_core import Fail, Retry
from curation_core.testing import conformance_suite
from make_pictures import bomb, draw
from pictures import Picture

FOLDER = TemporaryDirectory()
HERE = Path(FOLDER.name)


def good(number):
    path = HERE / f"{number}.png"
    if not path.exists():
        draw(path, (32 + number % 64, 64))
    return Picture(path=str(path))


def large(number):
    path = HERE / "large.png"
    bomb(path, 20_000)
    return Picture(path=str(path))


TestPictures = conformance_suite(
    "pictures",
    plugin="pictures",
    make_item=good,
    settings={"folder": str(HERE / "thumbnails"), "edge": 16},
    errors={
        large: Fail,
        MemoryError("much"): Fail,
        OSError(28, "No space left on device"): Retry,
    },
)
