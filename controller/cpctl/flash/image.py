"""A firmware image: a directory, or a zip of one, with `manifest.json`, its Ed25519 signature, and the files that it names.

What is read here is trusted in this order: the signature over the manifest's bytes, then the manifest's hashes over the files. Nothing of a file is
used before both hold.
"""

from __future__ import annotations

import hashlib
import zipfile
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import ImageUntrusted, ImageUnusable

MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"

# More than any image of ours has; what is larger is no image.
MAX_FILE_BYTES = 16 * 1024 * 1024
MAX_MANIFEST_BYTES = 64 * 1024

Chip = Literal["esp32", "esp32s3", "esp32c3", "esp32c6"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ImageFile(_Strict):
    """A file and where it goes in the flash."""

    path: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
    offset: Annotated[int, Field(ge=0, lt=MAX_FILE_BYTES)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Manifest(_Strict):
    """What an image is: for which chip, which firmware, speaking which protocol, and its files."""

    format: Literal[1]
    chip: Chip
    firmware: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    revision: Annotated[str, Field(max_length=40)]
    protocol: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    files: Annotated[tuple[ImageFile, ...], Field(min_length=1, max_length=8)]


@dataclass(frozen=True, slots=True)
class Image:
    """An image whose files are what its manifest says; `signed` if a trusted key says so."""

    source: Path
    manifest: Manifest
    contents: tuple[bytes, ...]  # of manifest.files, in their order
    signed: bool


def load(source: Path, keys: Sequence[str], *, unsigned: bool = False) -> Image:
    """Read and check an image; `keys` are trusted Ed25519 public keys, 32 bytes in base64. Raises ImageUnusable or ImageUntrusted.

    `unsigned`: take one that nobody signed. A signature that is there and wrong is refused all the same: somebody changed the image.
    """
    reader = _Reader(source)
    raw = reader.read(MANIFEST, MAX_MANIFEST_BYTES)
    signature = reader.find(SIGNATURE, MAX_MANIFEST_BYTES)
    signed = _signed(source, raw, signature, keys, unsigned)
    manifest = _manifest(source, raw)
    contents = tuple(reader.read(file.path, MAX_FILE_BYTES) for file in manifest.files)
    for file, content in zip(manifest.files, contents, strict=True):
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise ImageUnusable(source, f"{file.path} is not the file that the manifest names")
    _no_overlap(source, manifest, contents)
    return Image(source, manifest, contents, signed)


def _signed(source: Path, raw: bytes, signature: bytes | None, keys: Sequence[str], unsigned: bool) -> bool:
    if signature is None:
        if unsigned:
            return False
        raise ImageUntrusted(source, "it has no signature")
    if any(_verifies(key, signature, raw) for key in keys):
        return True
    if unsigned and not keys:
        return False
    raise ImageUntrusted(source, "no key that is trusted made its signature" if keys else "coprocessor.firmware_keys names no key")


def _verifies(key: str, signature: bytes, raw: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    public = _key_bytes(key)
    try:
        decoded = b64decode(signature.strip(), validate=True)
        if public is None:
            return False
        Ed25519PublicKey.from_public_bytes(public).verify(decoded, raw)
    except (InvalidSignature, NotBase64, ValueError):
        return False
    return True


def _key_bytes(key: str) -> bytes | None:
    try:
        raw = b64decode(key, validate=True)
    except (NotBase64, ValueError):
        return None
    return raw if len(raw) == 32 else None


def _manifest(source: Path, raw: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or MANIFEST
        raise ImageUnusable(source, f"{MANIFEST}: {place}: {first['msg'].lower()}") from None


def _no_overlap(source: Path, manifest: Manifest, contents: Sequence[bytes]) -> None:
    spans = sorted((file.offset, file.offset + len(content), file.path) for file, content in zip(manifest.files, contents, strict=True))
    for (_, end, first), (begin, _, second) in pairwise(spans):
        if begin < end:
            raise ImageUnusable(source, f"{first} and {second} overlap in the flash")


class _Reader:
    """Reads files of a directory or of a zip, by plain names and no further than asked."""

    def __init__(self, source: Path) -> None:
        self._source = source
        if source.is_dir():
            self._open: Callable[[str], IO[bytes]] = lambda name: (source / name).open("rb")
            return
        try:
            self._open = zipfile.ZipFile(source).open
        except FileNotFoundError:
            raise ImageUnusable(source, "there is no such directory or file") from None
        except (OSError, zipfile.BadZipFile) as error:
            raise ImageUnusable(source, f"it is neither a directory nor a zip file ({error})") from None

    def read(self, name: str, most: int) -> bytes:
        """Return a file's content."""
        content = self.find(name, most)
        if content is None:
            raise ImageUnusable(self._source, f"{name} is missing")
        return content

    def find(self, name: str, most: int) -> bytes | None:
        """Return a file's content; None if there is no such file."""
        try:
            with self._open(name) as file:
                content = file.read(most + 1)
        except (KeyError, FileNotFoundError):
            return None
        except (OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise ImageUnusable(self._source, f"{name} cannot be read ({error})") from None
        if len(content) > most:
            raise ImageUnusable(self._source, f"{name} is larger than {most} bytes")
        return content
