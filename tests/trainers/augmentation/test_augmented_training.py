"""Augmented runs: the same pictures after a resume, from disk, in parts and on two devices."""

import contextlib
import dataclasses

import numpy as np
import pytest

import configs
import datasets
from trainers.assembly.assemble import assemble
from trainers.assembly.resolve import resolve
from trainers.augmentation.augmentation import augmentation
from trainers.cli.run_arguments import parse
from trainers.engine import feed as feed_module
from trainers.engine.feed import Feed
from trainers.engine.loop import Loop

VARIED = "--shift 0.2 --rotate 20 --flip horizontal --contrast 0.3 --elastic 8 --elastic-sigma 2"
MLP = "--model mlp --model.hidden-units 8 --compile graph --optimizer adam --schedule constant"
SIZE = 23


@pytest.fixture(scope="module")
def pictures():
    random = np.random.default_rng(0)
    inputs = random.random((SIZE, 6, 6, 1), np.float32)
    split = datasets.Split(inputs, random.integers(0, 3, SIZE, np.int32), np.ones(SIZE, np.float32))
    splits = dict.fromkeys(("train", "validation", "test"), split)
    names = ("a", "b", "c")
    return datasets.Dataset("random", "1", "classification", (6, 6, 1), 3, names, splits, {}, "")


def trained(data, arguments, scope=None, updates=8, restart=0):
    """Return sums of the figures and the weights after some updates on batches of 5 and 3."""
    argv = f"{arguments} --batch-size 5 --steps {updates} --seed 2"
    with scope or contextlib.nullcontext():
        config = resolve(parse(argv.split()).config).config
        parts = assemble(resolve(config), data)
        loop, varied = Loop(parts.step, parts.mode), bool(config.augmentation.varied)
        for first, last in ((0, restart), (restart, updates)):
            totals = loop.train(Feed.of(data, 5, config.seed, varied=varied), first, last)
        return [np.asarray(totals.sums), *(v.numpy() for v in parts.step.model.trainable_variables)]


def assert_close(found, expected, tolerance=1e-6):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


TINY = "--model mlp --model.hidden-units 4 --model.dropout 0 --optimizer sgd --learning-rate 0.1 "
TINY += "--compile graph " + VARIED
DRAWING = "--model autoencoder --model.hidden-units 4 --model.latent-dim 2 --model.kind denoising"
DRAWING += " --model.noise 0 --optimizer sgd --learning-rate 0.01 --compile graph " + VARIED


@pytest.fixture(scope="module")
def on_one_device(pictures):
    return trained(pictures, TINY)


def test_two_replicas_see_the_pictures_of_one(pictures, on_one_device, two_replicas):
    assert_close(trained(pictures, TINY, two_replicas.scope()), on_one_device)


def test_micro_batches_see_the_pictures_of_the_whole_batch(pictures, on_one_device):
    assert_close(trained(pictures, f"{TINY} --micro-batch-size 2"), on_one_device)


@pytest.mark.slow
def test_compilation_does_not_change_the_pictures(pictures, on_one_device):
    compiled = trained(pictures, TINY.replace("--compile graph", "--compile xla"))
    assert_close(compiled, on_one_device, 1e-5)


def test_an_autoencoder_draws_the_varied_pictures(pictures):
    sums, *weights = trained(pictures, DRAWING, updates=1)
    plain_sums, *plain = trained(pictures, DRAWING.removesuffix(VARIED), updates=1)
    assert np.abs(weights[0] - plain[0]).max() > 1e-5
    assert abs(sums[0] - plain_sums[0]) > 1e-3


def test_the_step_learns_from_what_the_epoch_makes_of_its_examples(pictures):
    """One update by hand: the gradient of a linear model on the varied pictures."""
    config = resolve(parse([*TINY.split(), "--epochs", "1"]).config).config
    order, vary = datasets.epoch_order(SIZE, 2, 0)[:5], augmentation(config, pictures)
    train = pictures.splits["train"]
    words = datasets.epoch_words(SIZE, 2, 0)[order]
    seen = vary(train.inputs[order], words).numpy()
    plain = TINY.removesuffix(VARIED)
    split = datasets.Split(seen, train.targets[order], train.weights[order])
    by_hand = dataclasses.replace(pictures, splits=dict.fromkeys(pictures.splits, split))
    # The order of five examples within their batch is another one: only sums differ, by rounding.
    assert_close(trained(by_hand, plain, updates=1), trained(pictures, TINY, updates=1))


def test_streamed_examples_bring_the_words_of_resident_ones(pictures, monkeypatch):
    split = pictures.splits["train"]
    streamed = dataclasses.replace(split, resident=False)
    monkeypatch.setattr(feed_module, "_CHUNK_BYTES", 10 * split.nbytes // split.size)
    words = {}
    for each in (split, streamed):
        feed, found = Feed(each, 5, seed=4, varied=True), []
        for step in (0, 3, 4, 5, 6, 11):
            stretch = feed.stretch(step, 1)
            start = stretch.first * stretch.batch_size
            rows = stretch.data.rows(stretch.order[start : start + stretch.batch_size])
            found.append((rows.inputs.numpy(), rows.words.numpy()))
        words[each.resident] = found
    for (a, first), (b, second) in zip(words[True], words[False], strict=True):
        np.testing.assert_array_equal(a, b)
        np.testing.assert_array_equal(first, second)
    epoch = datasets.epoch_words(SIZE, 4, 1)[datasets.epoch_order(SIZE, 4, 1)[:5]]
    np.testing.assert_array_equal(words[True][3][1], epoch)


def test_examples_that_nothing_varies_bring_no_words(pictures):
    assert Feed(pictures.splits["train"], 5, seed=4).stretch(0, 1).data.words == ()


def test_a_feed_that_begins_in_the_middle_ends_in_the_same_bits(pictures, on_one_device):
    """What a resumed run has: a feed that has drawn for no earlier epoch."""
    _, *weights = trained(pictures, TINY, restart=6)
    for a, b in zip(weights, on_one_device[1:], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.slow
def test_a_resumed_run_ends_in_the_uninterrupted_runs_bits(train_here, tmp_path, events_of):
    argv = [*MLP.split(), *VARIED.split(), "--batch-size", "200", "--checkpoint-every-steps", "11"]
    whole = train_here(tmp_path / "whole", *argv, "--steps", "16")
    train_here(tmp_path / "parts", *argv, "--steps", "11")
    parts = train_here(tmp_path / "parts", "--resume", "--steps", "16")
    assert parts["final_weights_sha256"] == whole["final_weights_sha256"]
    shown = {step for tag, step in events_of(tmp_path / "parts", "train") if tag == "augmentation"}
    assert shown == {6, 11, 12, 16}  # after each validation


REFUSED = {
    "--model gan --shift 0.1": "model 'gan' is not trained on varied pictures; leave --shift out",
    "--model lstm --rotate 5": "model 'lstm' is not trained on varied pictures",
    "--model mlp --model.dropout 0 --optimizer newton --elastic 9": "looks at a batch several",
    "--model mlp --elastic-sigma 3": "--elastic-sigma changes nothing without",
    "--model linear_regression --dataset diabetes --flip vertical": "--flip varies pictures",
}


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_cannot_be_varied_is_refused(arguments, train_here, tmp_path):
    with pytest.raises(configs.ConfigError) as caught:
        train_here(tmp_path / "run", *arguments.split(), "--steps", "2")
    assert REFUSED[arguments] in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
