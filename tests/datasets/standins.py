"""Builders of forms that the embedded datasets do not have."""

import numpy as np
import tensorflow_datasets as tfds


class ZooStandIn(tfds.core.GeneratorBasedBuilder, skip_registration=True):
    VERSION = tfds.core.Version("1.0.0")
    SIZES = {"train": 40}  # noqa: RUF012
    IMAGE = tfds.features.Image(shape=(2, 2, 1), dtype=np.uint8)
    KEYS = ("image", "label")

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {"image": self.IMAGE, "label": tfds.features.ClassLabel(names=["a", "b"])}
            ),
            supervised_keys=self.KEYS,
        )

    def example(self, index):
        return {"image": np.full((2, 2, 1), index, np.uint8), "label": index % 2}

    def _split_generators(self, dl_manager):
        return {split: self._generate_examples(size) for split, size in self.SIZES.items()}

    def _generate_examples(self, size):
        for index in range(size):
            yield index, self.example(index)


class ZooTrainOnly(ZooStandIn):
    pass


class ZooSorted(ZooStandIn):
    """Ten classes of twenty images in the order of their classes, and one of a single image.

    An image's pixels and its label are its number and that number's class.
    """

    SIZES = {"train": 201}  # noqa: RUF012

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {"image": self.IMAGE, "label": tfds.features.ClassLabel(num_classes=12)}
            ),
            supervised_keys=self.KEYS,
            disable_shuffling=True,
        )

    def example(self, index):
        return {"image": np.full((2, 2, 1), index, np.uint8), "label": index // 20}


class ZooSortedTable(ZooStandIn):
    """Rows in the order of their targets."""

    SIZES = {"train": 100}  # noqa: RUF012

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(
                {
                    "features": tfds.features.Tensor(shape=(1,), dtype=np.float32),
                    "target": tfds.features.Scalar(dtype=np.float32),
                }
            ),
            supervised_keys=("features", "target"),
            disable_shuffling=True,
        )

    def example(self, index):
        return {"features": np.full(1, index, np.float32), "target": np.float32(index)}


class ZooNoTrain(ZooStandIn):
    SIZES = {"test": 4}  # noqa: RUF012


class ZooVariableImage(ZooStandIn):
    IMAGE = tfds.features.Image(shape=(None, None, 1))


class ZooDeepImage(ZooStandIn):
    IMAGE = tfds.features.Image(shape=(2, 2, 1), dtype=np.uint16)

    def example(self, index):
        return {"image": np.full((2, 2, 1), index, np.uint16), "label": 0}


class ZooUnlabelled(ZooStandIn):
    KEYS = None


class ZooDocuments(ZooStandIn):
    """Many documents with no feature but their text, and no validation or test split."""

    FEATURES = {"text": tfds.features.Text()}  # noqa: RUF012

    def _info(self):
        return tfds.core.DatasetInfo(
            builder=self,
            features=tfds.features.FeaturesDict(self.FEATURES),
            disable_shuffling=True,
        )

    def example(self, index):
        return {"text": f"document {index}, naïvely\n"}


class ZooLatinDocument(ZooDocuments):
    def example(self, index):
        return {"text": b"caf\xe9 and so on" if index == 3 else b"a document"}


class ZooTitledDocuments(ZooDocuments):
    FEATURES = {"text": tfds.features.Text(), "title": tfds.features.Text()}  # noqa: RUF012

    def example(self, index):
        return {"text": "a", "title": "b"}


class ZooDownload(ZooStandIn):
    """Downloads `URL`, which a test points to a server of its own."""

    URL = ""
    SHA256 = "0" * 64
    SIZE = 4096

    @property
    def url_infos(self):
        from tensorflow_datasets.core.download import checksums

        return {self.URL: checksums.UrlInfo(size=self.SIZE, checksum=self.SHA256, filename="x.bin")}

    def _split_generators(self, dl_manager):
        dl_manager.download(self.URL)
        return super()._split_generators(dl_manager)


def decoded(data):
    """The characters of a text's three splits, joined."""
    text = ""
    for split in data.splits.values():
        symbols = [split.inputs[0, 0], *split.targets.ravel()[split.weights.ravel() == 1]]
        text += "".join(data.class_names[symbol] for symbol in symbols)
    return text
