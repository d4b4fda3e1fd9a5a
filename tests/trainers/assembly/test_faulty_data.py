"""Data that no training can begin with: one line and exit code 3, before a file is written."""

import shutil

import pytest
import tensorflow as tf

import configs
import datasets
from trainers import run
from trainers.assembly.fitting import fitted_to_data
from trainers.assembly.resolve import resolve
from trainers.benchmarks.first_examples import first_examples
from trainers.cli.exit import describe


def test_fault_29_batch_larger_than_the_dataset_is_refused():
    """A batch of 4 from 3 examples is refused with both sizes, and the advice helps.

    Seen to fail without the check where the recipe is fitted to the data.
    """
    few = first_examples(datasets.load("digits"), 3)
    with pytest.raises(datasets.DataError) as caught:
        fitted_to_data(resolve(configs.recipe("mlp", batch_size=4)), few)
    assert describe(caught.value) == (
        3,
        "batch size 4 is larger than the training set of 'digits' (3 examples); "
        "use --batch-size 3 or less, or --batch-size full",
    )
    for advised in (3, 2, "full"):
        config, _ = fitted_to_data(resolve(configs.recipe("mlp", batch_size=advised)), few)
        assert config.batch_size == advised


@pytest.fixture(scope="module")
def mislabelled(prepared_data, tmp_path_factory):
    """A data folder where one training label of `digits` is 10, the number of classes."""
    datasets.load("digits")
    folder = tmp_path_factory.mktemp("mislabelled")
    shutil.copytree(prepared_data / "digits", folder / "digits")
    (path,) = (folder / "digits").glob("*/digits-train.tfrecord-*")
    records = [raw.numpy() for raw in tf.data.TFRecordDataset(str(path))]
    example = tf.train.Example.FromString(records[17])
    example.features.feature["label"].int64_list.value[0] = 10
    records[17] = example.SerializeToString()
    with tf.io.TFRecordWriter(str(path)) as writer:
        for record in records:
            writer.write(record)
    return folder


@pytest.mark.parametrize("compiled", ["xla", "graph"])
def test_fault_30_label_out_of_range_is_refused_before_training(compiled, mislabelled, tmp_path):
    """A label that is the number of classes is refused, with XLA and without, and nothing written.

    XLA would make it NaN. Seen to fail without the check of labels.
    """
    argv = ["--model", "mlp", "--steps", "3", "--compile", compiled]
    argv += ["--data-dir", str(mislabelled), "--run-dir", str(tmp_path / "run")]
    with pytest.raises(datasets.DataError) as caught:
        run.main(argv)
    assert describe(caught.value) == (
        3,
        "dataset 'digits', split 'train': label 10 is out of range, expected 0 to 9; mend the data",
    )
    assert not (tmp_path / "run").exists()
