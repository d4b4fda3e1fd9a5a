"""Files that are no text, known by their first bytes, and what to do with each."""

import zipfile
from pathlib import Path

_EXPORT = "save or export it as plain text, and give that file"
_UNPACK = "unpack it, and give what was in it"
_OTHER = "give a text"

# What a file begins with: what it is, and what to do.
_BEGINNINGS = (
    (b"%PDF-", "a PDF document", _EXPORT),
    (b"{\\rtf", "an RTF document", _EXPORT),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a document of an older Microsoft Office", _EXPORT),
    (b"\x1f\x8b", "packed by gzip", _UNPACK),
    (b"BZh", "packed by bzip2", _UNPACK),
    (b"\xfd7zXZ\x00", "packed by xz", _UNPACK),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _UNPACK),
    (b"Rar!\x1a\x07", "a RAR archive", _UNPACK),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", _OTHER),
    (b"\xff\xd8\xff", "a JPEG picture", _OTHER),
    (b"GIF87a", "a GIF picture", _OTHER),
    (b"GIF89a", "a GIF picture", _OTHER),
    (b"II*\x00", "a TIFF picture", _OTHER),
    (b"MM\x00*", "a TIFF picture", _OTHER),
    (b"ID3", "an MP3 recording", _OTHER),
    (b"OggS", "an Ogg recording", _OTHER),
    (b"fLaC", "a FLAC recording", _OTHER),
    (b"\x7fELF", "a program", _OTHER),
    (b"\xca\xfe\xba\xbe", "a compiled Java class or a program", _OTHER),
    (b"\xcf\xfa\xed\xfe", "a program", _OTHER),
    (b"SQLite format 3\x00", "an SQLite database", "export its text"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "export its text"),
    (b"PAR1", "a Parquet table", "export its text"),
    (b"\x93NUMPY", "a NumPy array", _OTHER),
)
# In the names of a ZIP archive's members: which kind of document it is.
_ZIPPED = {
    "word/": "a Word document (.docx)",
    "xl/": "an Excel workbook (.xlsx)",
    "ppt/": "a PowerPoint presentation (.pptx)",
    "content.xml": "an OpenDocument file (.odt, .ods, .odp)",
    "META-INF/container.xml": "an EPUB book",
}


def kind_of(file: Path, content: bytes) -> tuple[str, str] | None:
    """Return what a file is if it is no text, and what to do about it; else None.

    Args:
        file: read again if it is an archive.
        content: all of it, or its beginning of at least 512 bytes.
    """
    for beginning, kind, advice in _BEGINNINGS:
        if content.startswith(beginning):
            return kind, advice
    if content.startswith(b"PK\x03\x04"):
        return _zipped(file)
    if content[257:262] == b"ustar":
        return "a TAR archive", _UNPACK
    if content[4:8] == b"ftyp":
        return "a recording or film (MP4)", _OTHER
    if content.startswith(b"RIFF") and content[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        return "a recording, film or picture", _OTHER
    if content.startswith(b"MZ") and b"PE\x00\x00" in content[:1024]:
        return "a program", _OTHER
    return None


def _zipped(file: Path) -> tuple[str, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
    except (OSError, zipfile.BadZipFile):
        names = []
    for part, kind in _ZIPPED.items():
        if any(name == part or (part.endswith("/") and name.startswith(part)) for name in names):
            return kind, _EXPORT
    return "a ZIP archive", _UNPACK
