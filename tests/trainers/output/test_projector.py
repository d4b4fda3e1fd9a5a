"""The projector's files, as TensorBoard's plugin reads them."""

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector import ProjectorConfig

from trainers.output import projector


def read(events):
    config = ProjectorConfig()
    text_format.Parse((events / "projector_config.pbtxt").read_text(encoding="utf-8"), config)
    (embedding,) = config.embeddings
    return embedding


def test_every_point_has_its_row_its_class_and_its_picture(tmp_path):
    random = np.random.default_rng(0)
    points = random.normal(size=(11, 3)).astype(np.float32)
    images = random.random((11, 4, 6, 1))
    names = [f"class {number % 3}" for number in range(11)]
    projector.write(tmp_path, points, {"class": names, "place": range(11)}, images)
    embedding = read(tmp_path)
    assert list(embedding.tensor_shape) == [11, 3]
    read_points = np.loadtxt(tmp_path / embedding.tensor_path, delimiter="\t")
    np.testing.assert_allclose(read_points, points, rtol=1e-6)
    lines = (tmp_path / embedding.metadata_path).read_text(encoding="utf-8").splitlines()
    assert lines[0] == "class\tplace"
    assert lines[1:] == [f"{name}\t{place}" for place, name in enumerate(names)]
    sheet = np.asarray(Image.open(tmp_path / embedding.sprite.image_path))
    width, height = embedding.sprite.single_image_dim
    assert (width, height) == (6, 4)
    assert sheet.shape == (4 * height, 4 * width)  # 4 x 4 places for 11 pictures
    for place in range(11):
        row, column = divmod(place, 4)
        found = sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        np.testing.assert_array_equal(found, np.round(images[place, ..., 0] * 255))
    assert not sheet[2 * height :, 3 * width :].any()


def test_what_the_plugin_reads_lies_under_the_configurations_folder(tmp_path):
    projector.write(tmp_path, np.zeros((2, 2)), {"class": "ab", "place": "01"})
    embedding = read(tmp_path)
    assert not embedding.sprite.image_path
    for path in (embedding.tensor_path, embedding.metadata_path):
        assert (tmp_path / path).resolve().is_relative_to(tmp_path.resolve())
        assert (tmp_path / path).is_file()


def test_separators_inside_a_name_add_no_columns(tmp_path):
    projector.write(tmp_path, np.zeros((2, 2)), {"class": ["a\tb", "c\nd"], "place": [0, 1]})
    lines = (tmp_path / read(tmp_path).metadata_path).read_text(encoding="utf-8").splitlines()
    assert lines == ["class\tplace", "a b\t0", "c d\t1"]


def test_large_pictures_are_thinned_to_what_a_browser_takes():
    images = np.zeros((9, 2000, 1000, 3), np.float32)
    images[:, ::2, ::2] = 1
    sheet, (width, height) = projector.sprite(images)
    assert (width, height) == (500, 1000)
    assert sheet.shape == (3000, 1500, 3)
    assert sheet.min() == 255
