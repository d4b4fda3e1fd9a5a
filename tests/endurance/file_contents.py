"""Small whole files of pictures and tables, which tests damage."""

import io
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


def pictures():
    """A small file of each format, with a palette, alpha, EXIF and two frames among them."""
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3) * 4
    turned = Image.Exif()
    turned[0x0112] = 6
    image = Image.fromarray(pixels)
    made = [
        (image, "PNG", {"exif": turned}),
        (image.convert("P"), "PNG", {"transparency": 0}),
        (Image.fromarray(pixels[:, :, 0].astype(np.uint16) * 200), "PNG", {}),
        (image, "JPEG", {"exif": turned}),
        (image.convert("CMYK"), "JPEG", {}),
        (image, "BMP", {}),
        (image, "GIF", {"save_all": True, "append_images": [image.rotate(180)]}),
        (image.convert("RGBA"), "WEBP", {"lossless": True}),
    ]
    contents = []
    for each, kind, options in made:
        content = io.BytesIO()
        each.save(content, kind, **options)
        contents.append(content.getvalue())
    return contents


@cache
def table_files():
    rows = [f"{number},{'xyz'[number % 3]},{number / 2},{'pq'[number % 2]}" for number in range(30)]
    text = "\n".join(["a,b,c,label", *rows])
    columns = {"a": list(range(30)), "b": ["x", "y", None] * 10, "label": [0.5, 1.5] * 15}
    arrays, parquet = io.BytesIO(), io.BytesIO()
    np.savez(arrays, X=np.arange(60.0).reshape(30, 2) % 7, label=np.arange(30) % 2)
    pq.write_table(pa.table(columns), parquet)
    utf16 = text.replace(",", ";").encode("utf-16")
    return [
        *((".csv", each) for each in (text.encode(), utf16)),
        *((".npz", arrays.getvalue()), (".parquet", parquet.getvalue())),
    ]
