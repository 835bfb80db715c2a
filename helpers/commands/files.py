"""Files that a command writes: whole or not at all, on disk before they are seen, with the permissions of the umask."""

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

MARK = b'<meta name="generator" content="After the Deal">'  # at the head of every page that we write


def write(file: Path, text: str) -> None:
    """Write a file in one step: nobody sees half of it, and what was there before stays until then."""
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}.half")
    try:
        half.write_text(text, encoding="utf-8", newline="")
        to_disk([half])
        half.replace(file)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def to_disk(places: Iterable[Path]) -> None:
    """Have files and folders written to the disk itself, so that a power cut after a rename loses nothing of them."""
    for place in places:
        opened = os.open(place, os.O_RDONLY)
        try:
            os.fsync(opened)
        except OSError as error:
            if error.errno != errno.EINVAL:  # a file system that cannot do this for a folder does it by itself
                raise
        finally:
            os.close(opened)


def linked(file: Path, to: Path) -> None:
    """Have a file, or a link as it is, at a second place; a copy, where the file system has no links."""
    try:
        os.link(file, to, follow_symlinks=False)
    except OSError:
        shutil.copy2(file, to, follow_symlinks=False)


def is_page(file: Path) -> bool:
    """Whether a file is a page of this program."""
    return file.is_file() and MARK in file.read_bytes()[:4096]
