"""Distances between sets of features, against closed forms and sets small enough to count."""

import numpy as np
import pytest
import scipy.linalg

import datasets
from trainers.problems.adversarial import evaluation
from trainers.problems.adversarial.quality import (
    class_shares,
    frechet_distance,
    precision_and_recall,
)


def with_moments(mean, covariance, examples=50, seed=0):
    """Examples whose sample mean and covariance are exactly those given."""
    raw = np.random.default_rng(seed).standard_normal((examples, len(mean)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw, rowvar=False))).T
    return white @ np.linalg.cholesky(np.asarray(covariance)).T + mean


def random_covariance(seed, size=4):
    root = np.random.default_rng(seed).standard_normal((size, size))
    return root @ root.T + 0.1 * np.eye(size)


def test_frechet_distance_of_independent_features_is_that_of_means_and_deviations():
    first = with_moments([0.0, 1.0, -2.0], np.diag([1.0, 4.0, 9.0]))
    second = with_moments([3.0, 1.0, -2.0], np.diag([1.0, 1.0, 0.25]), seed=1)
    # 3^2 for the means, (2 - 1)^2 and (3 - 1/2)^2 for the deviations.
    assert frechet_distance(first, second) == pytest.approx(9 + 1 + 6.25)


def test_frechet_distance_is_the_papers_formula():
    means, covariances = np.array([[0.0] * 4, [1.0, -1.0, 0.5, 2.0]]), []
    covariances = [random_covariance(1), random_covariance(2)]
    sets = [with_moments(m, c, seed=i) for i, (m, c) in enumerate(zip(means, covariances))]  # noqa: B905
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((means[0] - means[1]) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * root)
    assert frechet_distance(*sets) == pytest.approx(expected)
    assert frechet_distance(*sets[::-1]) == pytest.approx(expected)


def test_frechet_distance_of_equal_sets_is_zero_even_with_dead_units():
    features = np.random.default_rng(0).standard_normal((30, 5)).astype(np.float32)
    features[:, 2] = 0
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-8)
    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-8)
    # More features than examples: the covariance has no full rank.
    assert frechet_distance(features[:4], features[:4]) == pytest.approx(0, abs=1e-8)


def test_frechet_distance_of_one_distribution_falls_with_the_sample():
    features = np.random.default_rng(0).standard_normal((4000, 8))
    few = frechet_distance(features[:100], features[100:200])
    many = frechet_distance(features[:2000], features[2000:])
    assert 0 < 10 * many < few


def test_precision_and_recall_of_points_on_a_line():
    real = np.array([[0.0], [1.0], [2.0]])
    generated = np.array([[0.5], [10.0], [10.5]])
    # Every real ball has radius 1; the one around 0.5 reaches to 10, and so covers all.
    assert precision_and_recall(real, generated, 1) == (pytest.approx(1 / 3), 1.0)
    assert precision_and_recall(generated, real, 1) == (1.0, pytest.approx(1 / 3))


def test_a_generator_of_one_mode_is_precise_and_recalls_half():
    random = np.random.default_rng(0)
    real = random.standard_normal((200, 6))
    real[100:, 0] += 100
    one_mode = random.standard_normal((200, 6))
    precision, recall = precision_and_recall(real, one_mode)
    assert precision > 0.7
    assert 0.4 < recall <= 0.5
    assert precision_and_recall(real, one_mode + 1000) == (0.0, 0.0)


def test_equal_sets_are_wholly_precise_and_recalled_even_with_repeated_examples():
    features = np.random.default_rng(0).standard_normal((40, 64)).astype(np.float32) + 30
    repeated = np.repeat(features, 5, axis=0)
    assert precision_and_recall(repeated, repeated.copy()) == (1.0, 1.0)


def test_more_points_than_one_block_of_distances_are_all_counted():
    real = np.linspace(0, 1, 50)[:, None]
    generated = np.concatenate([np.full((1500, 1), 0.5), np.full((500, 1), 9.0)])
    assert precision_and_recall(real, generated)[0] == 0.75


def test_too_few_examples_are_refused():
    with pytest.raises(ValueError, match="3 neighbours of each of 3 examples; allowed: 1 to 2"):
        precision_and_recall(np.zeros((3, 2)), np.zeros((9, 2)))


def test_class_shares_count_missing_classes_too():
    np.testing.assert_array_equal(class_shares(np.array([0, 2, 2, 0]), 4), [0.5, 0, 0.5, 0])


def test_real_images_of_a_sorted_split_are_of_every_class(monkeypatch):
    class Keeper:
        class classifier:
            @staticmethod
            def look(images):
                return images[:, 0, 0], images[:, 0, 0, 0].astype(int)

    monkeypatch.setattr(evaluation, "_MOST_SAMPLES", 200)
    monkeypatch.setattr(evaluation, "_ROWS", 30)
    classes = np.repeat(np.arange(10, dtype=np.int32), 100)
    images = np.zeros((1000, 1, 1, 1), np.float32) + classes[:, None, None, None]
    split = datasets.Split(images, classes, np.ones(1000, np.float32))
    real = evaluation.SampleEvaluation(None, None, Keeper(), 10)._known(split)
    assert np.bincount(real.features[:, 0].astype(int), minlength=10).min() > 8
    assert (len(real.features), real.accuracy) == (200, 1.0)
