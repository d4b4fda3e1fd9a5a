import io

import numpy as np
import pytest
from PIL import Image

from datasets import DataError
from datasets.own import pictures
from datasets.own.pictures import _plain_png, decode, resized

RANDOM = np.random.default_rng(0)


def encoded(image, kind="PNG", **options):
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def colours(height=6, width=4):
    return RANDOM.integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP"])
def test_lossless_formats_give_the_pixels(kind):
    pixels = colours()
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(Image.fromarray(pixels), kind, **options)
    np.testing.assert_array_equal(decode(content), pixels)


def test_jpeg_gives_nearly_the_pixels():
    pixels = np.broadcast_to(np.arange(32, dtype=np.uint8)[:, None, None] * 5, (32, 32, 3))
    found = decode(encoded(Image.fromarray(pixels), "JPEG", quality=95))
    assert found.shape == (32, 32, 3)
    assert np.abs(found.astype(int) - pixels).max() < 6


def test_of_an_animation_the_first_frame_is_read():
    frames = [Image.new("L", (3, 2), value) for value in (7, 90, 200)]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(decode(content), np.full((2, 3, 1), 7))


def test_grey_and_colours_are_told_apart_and_made_one_another():
    grey = Image.fromarray(np.arange(6, dtype=np.uint8).reshape(2, 3) * 40)
    assert decode(encoded(grey)).shape == (2, 3, 1)
    three = decode(encoded(grey), 3)
    np.testing.assert_array_equal(three, np.repeat(decode(encoded(grey)), 3, axis=2))
    pixels = colours()
    luma = pixels @ np.array([0.299, 0.587, 0.114])
    assert np.abs(decode(encoded(Image.fromarray(pixels)), 1)[:, :, 0] - luma).max() <= 1


@pytest.mark.parametrize("shape", [(7, 9), (7, 9, 3), (1, 1), (90, 200, 3)])
def test_plain_png_is_read_as_pillow_reads_it(shape):
    smooth = np.add.outer(np.arange(shape[0]), np.arange(shape[1])) % 256  # every filter of rows
    pixels = smooth if len(shape) == 2 else np.stack([smooth, 255 - smooth, smooth // 2], axis=2)
    content = encoded(Image.fromarray(pixels.astype(np.uint8)))
    assert _plain_png(content) is not None
    expected = np.asarray(Image.open(io.BytesIO(content))).reshape(*shape[:2], -1)
    np.testing.assert_array_equal(decode(content), expected)
    told = encoded(Image.open(io.BytesIO(content)), dpi=(300, 300))
    assert _plain_png(told) is None
    np.testing.assert_array_equal(decode(told), expected)


def test_black_and_white_bits_are_0_and_255():
    bits = np.array([[True, False], [False, True]])
    found = decode(encoded(Image.fromarray(bits)))
    np.testing.assert_array_equal(found[:, :, 0], bits * 255)


def test_of_16_bits_the_upper_eight_count():
    values = np.array([[0, 255, 256], [40_000, 65_279, 65_535]], np.uint16)
    content = encoded(Image.fromarray(values))
    np.testing.assert_array_equal(decode(content)[:, :, 0], [[0, 0, 1], [156, 254, 255]])


def test_a_transparent_value_of_16_bits_is_white():
    values = np.array([[0, 300], [300, 65_535]], np.uint16)
    image = Image.fromarray(values)
    content = encoded(image, transparency=300)
    if "transparency" not in Image.open(io.BytesIO(content)).info:
        pytest.skip("this Pillow does not write a transparent value of 16 bits")
    np.testing.assert_array_equal(decode(content)[:, :, 0], [[0, 255], [255, 255]])


def test_what_is_transparent_is_laid_on_white():
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 0], pixels[0, :, 3] = 200, (0, 51, 255)
    found = decode(encoded(Image.fromarray(pixels)))
    # a x + (1 - a) 255 with a = 0, 0.2, 1
    np.testing.assert_array_equal(found[0], [[255, 255, 255], [244, 204, 204], [200, 0, 0]])


def test_a_transparent_colour_of_a_palette_is_laid_on_white():
    image = Image.fromarray(np.array([[0, 1]], np.uint8))
    image.putpalette([10, 20, 30, 40, 50, 60])
    content = encoded(image, transparency=0)
    np.testing.assert_array_equal(decode(content)[0], [[255, 255, 255], [40, 50, 60]])


def test_transparent_grey_stays_grey():
    pixels = np.array([[[10, 255], [10, 0]]], np.uint8)
    np.testing.assert_array_equal(decode(encoded(Image.fromarray(pixels)))[0], [[10], [255]])


def test_printers_colours_become_rgb():
    ink = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    found = decode(encoded(ink, "JPEG", quality=100))
    assert np.abs(found.astype(int) - [255, 0, 0]).max() < 6


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(1, lambda x: x), (3, lambda x: x[::-1, ::-1]), (6, lambda x: np.rot90(x, -1))],
)
def test_a_picture_stands_upright_as_its_camera_says(orientation, turn):
    pixels = colours()
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(pixels), exif=exif)
    np.testing.assert_array_equal(decode(content), turn(pixels))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP"])
def test_a_cut_file_is_named(tmp_path, kind):
    content = encoded(Image.fromarray(colours(40, 40)), kind)
    file = tmp_path / "cut picture.png"
    for kept in (0, 10, len(content) // 2):
        file.write_bytes(content[:kept])
        with pytest.raises(DataError, match=r"cut picture.png' is .*damaged.*; mend it") as caught:
            decode(file)
        assert "\n" not in str(caught.value)


def test_no_flipped_bit_of_a_png_changes_pixels_silently():
    pixels = np.add.outer(np.arange(20) * 4, np.arange(20) * 5).astype(np.uint8)
    content = encoded(Image.fromarray(pixels))
    refused = 0
    for bit in range(0, len(content) * 8, 3):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            found = decode(bytes(damaged))
        except DataError:
            refused += 1
        else:
            np.testing.assert_array_equal(found[:, :, 0], pixels)
    assert refused > 50


def test_other_formats_and_missing_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="the picture is damaged, or no picture in one of PNG"):
        decode(encoded(Image.fromarray(colours()), "TIFF"))
    with pytest.raises(DataError, match=r"gone.png cannot be read \(No such file"):
        decode(tmp_path / "gone.png")
    with pytest.raises(DataError, match="standard input is damaged"):
        decode(b"text", name="standard input")


@pytest.mark.parametrize("factor", [0.9, 0.4])
def test_a_picture_that_would_exhaust_the_memory_is_refused(monkeypatch, factor):
    content = encoded(Image.fromarray(colours()))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", int(24 * factor))
    with pytest.raises(DataError, match=r"has more than .* pixels"):
        decode(content)


@pytest.mark.parametrize("how", ["fit", "crop", "stretch"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((7, 13, 3), (5, 5)),
        ((13, 7, 1), (5, 9)),
        ((4, 4, 1), (9, 9)),
        ((5, 9, 3), (5, 9)),
        ((31, 8, 3), (16, 16)),
        ((1, 20, 1), (8, 8)),
        ((10, 11, 3), (3, 3)),
    ],
)
def test_resizing_equals_keras_layer_to_the_bit(how, shape, size):
    import keras

    images = RANDOM.integers(0, 256, (2, *shape), np.uint8)
    layer = keras.layers.Resizing(
        *size,
        antialias=True,
        pad_to_aspect_ratio=how == "fit",
        crop_to_aspect_ratio=how == "crop",
        dtype="float32",
    )
    expected = np.asarray(layer(images.astype(np.float32)))
    found = resized(images, size, how)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(resized(images[0], size, how), expected[0])


def test_a_large_picture_is_resized_in_parts_as_at_once(monkeypatch):
    image = RANDOM.integers(0, 256, (40, 30, 3), np.uint8)
    whole = resized(image, (7, 9), "stretch")
    monkeypatch.setattr(pictures, "_BLOCK_VALUES", 100)
    np.testing.assert_array_equal(resized(image, (7, 9), "stretch"), whole)


def test_ratios_are_rounded_as_float32_has_them():
    for divisor in (*range(1, 90), 1000, 4096):
        for product in (divisor * 3 - 1, divisor * 3, divisor * 4095 - 1, (1 << 24) - 1, 1 << 30):
            expected = int(np.float32(product) / np.float32(divisor))
            assert pictures._rounded_down(product, divisor) == expected


def test_fit_pads_with_black_and_crop_cuts_the_longer_side():
    image = np.full((4, 8, 1), 100, np.uint8)
    np.testing.assert_allclose(resized(image, (8, 8), "fit")[[0, 7]], 0)
    np.testing.assert_allclose(resized(image, (8, 8), "fit")[3:5], 100)
    image[:, :2], image[:, 6:] = 0, 0
    np.testing.assert_allclose(resized(image, (4, 4), "crop"), 100)


def test_pictures_of_many_sizes_are_resized_as_each_alone():
    images = [RANDOM.integers(0, 256, (*shape, 3), np.uint8) for shape in ((4, 9), (6, 6), (20, 3))]
    for how in ("fit", "crop", "stretch"):
        together = resized(images, (6, 6), how)
        for image, found in zip(images, together, strict=True):
            np.testing.assert_array_equal(found, resized(image, (6, 6), how))
        np.testing.assert_array_equal(together[1], images[1])


def test_a_strip_that_padding_would_make_huge_is_refused():
    strip = np.zeros((1, 40_000, 1), np.uint8)
    with pytest.raises(DataError, match="1x40000 pixels would be padded to 39999x40000; --resize"):
        resized(strip, (8, 8), "fit")
    assert resized(strip, (8, 8), "crop").shape == (8, 8, 1)
