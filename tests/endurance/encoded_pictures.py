"""Small files of pictures, one of each kind that a reader may meet."""

import io

import numpy as np
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
