"""Pictures on disk get thumbnails, each made in a child process that a bad picture may take with it."""

import os
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from secrets import token_hex

from PIL import Image, ImageOps, UnidentifiedImageError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from curation_core import ChildDied, Fail, Outcome, Policy, States, Workflow, hookimpl


class Base(DeclarativeBase):
    """The application's."""


class Picture(Base):
    """A picture of the application's, and what becomes of it."""

    __tablename__ = "pictures"
    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str]
    thumbnail: Mapped[str | None]
    width: Mapped[int | None]
    height: Mapped[int | None]
    thumbnail_status: Mapped[str | None]
    thumbnail_error: Mapped[str | None]


class PictureSettings(BaseModel):
    """What an operator may set under ``[workflows.pictures.settings]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    folder: Path = Field(default=Path("thumbnails"), description="where thumbnails are put")
    edge: int = Field(default=128, ge=1, description="pixels of the longer edge")


@dataclass(frozen=True)
class Thumbnail:
    """What goes from the child to the host: where the file is, and how large, in pixels."""

    path: str
    width: int
    height: int


@hookimpl
def declare_workflow() -> Workflow:
    """Which column is worked, and that it is done in children."""
    return Workflow(
        status=Picture.thumbnail_status,
        error=Picture.thumbnail_error,
        states=States(queued="Queued", processing="Processing", completed="Complete", failed="Error"),
        settings=PictureSettings,
        defaults=Policy(isolation="process", memory_limit=300 * 10**6, timeout=timedelta(seconds=20), concurrency=2),
    )


@hookimpl
def process_item(item: Picture, settings: PictureSettings) -> Thumbnail:
    """Make the file. It may be there already, from an attempt that got no further: then it is the same."""
    with Image.open(item.path) as picture:
        small = ImageOps.exif_transpose(picture).convert("RGB")
    small.thumbnail((settings.edge, settings.edge))
    encoded = BytesIO()
    small.save(encoded, "JPEG")
    path = settings.folder / f"{sha256(encoded.getbuffer()).hexdigest()[:32]}.jpg"
    put(path, encoded.getbuffer())
    return Thumbnail(str(path), *small.size)


@hookimpl
async def save_result(session: AsyncSession, item: Picture, result: Thumbnail) -> None:
    """The row names the file from now on, and its status says so."""
    found = {"thumbnail": result.path, "width": result.width, "height": result.height}
    await session.execute(update(Picture).where(Picture.id == item.id).values(found))


@hookimpl
def on_error(item: Picture, error: Exception) -> Outcome | None:
    """What no second attempt would mend fails at once. The rest, a full disk among it, is left to the policy."""
    match error:
        case FileNotFoundError(filename=item.path):
            return Fail(f"{item.path} is not there")
        case UnidentifiedImageError():
            return Fail(f"{item.path} is no picture")
        case Image.DecompressionBombError() | MemoryError():
            return Fail(f"{item.path} is too large: {error}")
        case SyntaxError() | OSError(errno=None):
            return Fail(f"{item.path} is broken: {error}")
        case ChildDied():
            return Fail(f"{item.path} crashed its process: {error}")
    return None


def put(path: Path, content: bytes | memoryview) -> None:
    """Write a file so that it is there whole or not at all: beside its place, and then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".{token_hex(8)}.part")  # another host may write the same one at this moment
    with beside.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
