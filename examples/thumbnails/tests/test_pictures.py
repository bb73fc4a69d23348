import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pytest
from PIL import Image

from make_pictures import draw, make_files
from pictures import Picture, PictureSettings, process_item, put


@pytest.fixture
def settings(tmp_path):
    return PictureSettings(folder=tmp_path / "thumbnails")


def test_bombs_and_broken_files_cost_one_item_each_and_say_why(curation_harness, settings, tmp_path):
    paths = make_files(tmp_path / "pictures")
    harness = curation_harness("pictures", "pictures", settings=settings)

    async def story():
        await harness.create_tables()
        await harness.add(*(Picture(path=str(path)) for path in [*paths, tmp_path / "gone.png"]))
        counts = await harness.drain()
        return counts, {Path(row.path).name: row for row in await harness.rows()}

    counts, rows = asyncio.run(story())
    assert counts == {"done": 2, "failed": 5}
    reasons = {
        name: row.thumbnail_error.removeprefix(f"{row.path} ") for name, row in rows.items() if row.thumbnail_error
    }
    assert reasons.pop("larger-bomb.png").startswith("is too large: Image size (400000000 pixels) exceeds limit")
    assert reasons == {
        "bomb.png": "is too large: more than its memory_limit of 300 MB",
        "broken.jpg": "is broken: image file is truncated (56 bytes not processed)",
        "letter.png": "is no picture",
        "gone.png": "is not there",
    }
    for name, size in {"good.png": (128, 96), "upright.jpg": (43, 128)}.items():
        with Image.open(rows[name].thumbnail) as thumbnail:
            assert thumbnail.size == (rows[name].width, rows[name].height) == size
    assert len(list(settings.folder.iterdir())) == 2


def test_a_picture_that_is_done_twice_has_one_thumbnail(settings, tmp_path):
    path = tmp_path / "one.png"
    draw(path)
    one, other = (process_item(Picture(path=str(path)), settings) for _ in range(2))
    assert one == other
    assert [str(file) for file in settings.folder.iterdir()] == [one.path]


def test_another_picture_under_the_same_name_never_takes_a_thumbnail_s_place(settings, tmp_path):
    path = tmp_path / "one.png"
    draw(path)
    before = process_item(Picture(path=str(path)), settings)
    draw(path, colour="darkred")
    after = process_item(Picture(path=str(path)), settings)
    assert before.path != after.path
    assert {str(file) for file in settings.folder.iterdir()} == {before.path, after.path}


def test_who_reads_a_file_while_it_is_put_finds_it_whole(tmp_path):
    path = tmp_path / "a.jpg"
    contents = [bytes([letter]) * 2**22 for letter in b"ab"]
    put(path, contents[0])
    with ThreadPoolExecutor(1) as executor:
        putting = executor.submit(lambda: [put(path, content) for content in contents * 5])
        read = [path.read_bytes()]
        while not putting.done():
            read.append(path.read_bytes())
        putting.result()
    assert len(read) > 1
    assert all(content in contents for content in read)
