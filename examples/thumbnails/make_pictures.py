"""The pictures and the table that you would have already: in the configured database, else in curation's own."""

import asyncio
import os
import struct
import zlib
from pathlib import Path

from PIL import Image, ImageDraw
from sqlalchemy import insert, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from curation_core import EmbeddedPostgres
from pictures import Base, Picture


def draw(path: Path, size: tuple[int, int] = (640, 480), colour: str = "navy") -> None:
    """A picture as good as any."""
    picture = Image.new("RGB", size, colour)
    ImageDraw.Draw(picture).ellipse((80, 60, 480, 400), fill="gold")
    picture.save(path)


def bomb(path: Path, edge: int) -> None:
    """A PNG of few bytes that says it is a black square of so many pixels, and is one."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    rows = bytes((1 + -(-edge // 8)) * edge)  # each begins with the number of its filter; a pixel is one bit
    head = struct.pack(">IIBBBBB", edge, edge, 1, 0, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)


def make_files(folder: Path) -> list[Path]:
    """Two good pictures and four bad ones."""
    folder.mkdir(exist_ok=True)
    names = ["good.png", "upright.jpg", "bomb.png", "larger-bomb.png", "broken.jpg", "letter.png"]
    good, upright, small_bomb, large_bomb, broken, letter = paths = [folder / name for name in names]
    draw(good)
    draw(upright, (300, 900), "darkgreen")
    bomb(small_bomb, 12_000)
    bomb(large_bomb, 20_000)
    draw(broken)
    broken.write_bytes(broken.read_bytes()[:2000])
    letter.write_text("Dear Sir or Madam")
    return paths


async def make_rows(url: str, paths: list[Path]) -> None:
    """Make the table and a row for each file."""
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Picture), [{"path": str(path)} for path in paths])
    await engine.dispose()


if __name__ == "__main__":
    made = make_files(Path("pictures"))
    if configured := os.environ.get("CURATION_DATABASE_URL"):
        asyncio.run(make_rows(configured, made))
    else:
        with EmbeddedPostgres.kept() as server:
            asyncio.run(make_rows(server.url, made))
