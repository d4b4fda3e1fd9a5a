"""Whatever the zoo logs is explained on TensorBoard's page, once for every name."""

import pytest

from trainers.runs.tensorboard.descriptions import about


def described(events):
    """Return the names that say something of themselves, and those that do not."""
    said, silent = set(), set()
    for (tag, _), value in events.items():
        if "graph" in tag or tag.startswith(("_hparams_", "custom_scalars")):
            continue
        (said if value.metadata.summary_description else silent).add(tag)
    return said, silent - said


@pytest.mark.parametrize("where", [".", "train", "validation"])
def test_everything_a_run_logs_says_what_it_is(small_run, events_of, where):
    said, silent = described(events_of(small_run[0], where))
    assert silent == set()
    assert len(said) > 1


def test_description_is_written_with_the_first_point_alone(small_run, events_of):
    events = events_of(small_run[0], "train")
    texts = [events["loss", step].metadata.summary_description for step in (34, 68)]
    assert [bool(text) for text in texts] == [True, False]


@pytest.mark.parametrize(
    "name",
    [
        *("frechet_distance", "share_7", "good_share", "reverse_kl", "bound_nats", "kl"),
        *("mean_return", "entropy", "bits_per_character", "loss_scale", "hessian_condition"),
        *("dead_share/hidden_1", "activation_mean/scores", "samples", "episode", "map", "sample"),
    ],
)
def test_names_of_every_problem_are_known(name):
    assert len(about(name).description) > 20


def test_pictures_have_titles():
    assert about("samples").title == "Samples, 8 x 8, from latents that stay"
    assert about("predicted_over_true/price").title == "Answer over target"
    assert about("loss").title is None


def test_figure_of_a_group_says_of_which():
    assert about("Best/test/accuracy").description.startswith(
        "Of the **best weights**, on the test split. Share of predictions"
    )
    assert "marked **memory** alone: Share" in about("memory_accuracy").description
    assert about("my_own_metric") == (None, None)
    assert about("Best/test/my_own").description == "Of the **best weights**, on the test split."
