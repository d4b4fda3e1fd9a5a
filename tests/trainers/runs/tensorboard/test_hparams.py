"""The page HParams: a row for every run, as TensorBoard's own code makes it of the event files."""

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

import configs
from trainers.errors import DivergedError
from trainers.runs.tensorboard import hparams

STATUSES = [
    api_pb2.STATUS_UNKNOWN,
    api_pb2.STATUS_SUCCESS,
    api_pb2.STATUS_FAILURE,
    api_pb2.STATUS_RUNNING,
]
BEST = ["Best/test/accuracy", "Best/test/loss", "Best/validation/accuracy", "Best/validation/loss"]


def table(folder):
    """Return the columns of figures, and the rows by run, of `tensorboard --logdir folder`."""
    multiplexer = EventMultiplexer().AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    context = backend_context.Context(TBContext(data_provider=provider))
    request = api_pb2.ListSessionGroupsRequest(
        start_index=0, slice_size=100, allowed_statuses=STATUSES
    )
    handler = list_session_groups.Handler(RequestContext(), context, "", request)
    groups = handler.run().session_groups
    content = context.hparams_metadata(RequestContext(), "")
    nothing = context.hparams_from_data_provider(RequestContext(), "", None)
    experiment = context.experiment_from_metadata(RequestContext(), "", True, content, nothing)
    columns = [info.name.tag for info in experiment.metric_infos if not info.name.group]
    return columns, {group.name: group for group in groups}


def cells(group):
    return {
        value.name.tag: (value.training_step, value.value)
        for value in group.metric_values
        if not value.name.group
    }


def setting(group, name):
    value = group.hparams[name]
    return getattr(value, value.WhichOneof("kind"))


@pytest.fixture(scope="module")
def three_runs(train_here, small_arguments, tmp_path_factory):
    """A run that ended, one that goes on after its end, and one that diverged."""
    folder = tmp_path_factory.mktemp("runs")
    quiet = [*small_arguments, "--histograms", "false"]
    summaries = {"ended": train_here(folder / "ended", *quiet, "--epochs", "1")}
    train_here(folder / "longer", *quiet, "--epochs", "1", "--seed", "3")
    summaries["longer"] = train_here(folder / "longer", "--resume", "--epochs", "2")
    diverging = ["--loss", "mse", "--learning-rate", "1e30", "--steps", "40"]
    with pytest.raises(DivergedError):
        train_here(folder / "diverged", *quiet, *diverging)
    return folder, summaries


def test_every_run_is_a_row_with_its_settings(three_runs):
    _, rows = table(three_runs[0])
    assert set(rows) == {"ended", "longer", "diverged"}
    assert {name: len(row.sessions) for name, row in rows.items()} == dict.fromkeys(rows, 1)
    ended, longer = rows["ended"], rows["longer"]
    assert (setting(ended, "model"), setting(ended, "model.hidden_units")) == ("mlp", "[8]")
    assert setting(ended, "optimizer.learning_rate") == 0.05
    assert setting(ended, "optimizer.nesterov") is False
    assert (setting(ended, "seed"), setting(longer, "seed")) == (0, 3)
    # What was changed by the resume is there as it is now.
    assert (setting(ended, "epochs"), setting(longer, "epochs")) == (1, 2)
    assert setting(rows["diverged"], "loss") == "mse"
    assert "histograms" not in ended.hparams


def test_rows_have_the_best_weights_figures_and_how_the_run_ended(three_runs):
    folder, summaries = three_runs
    columns, rows = table(folder)
    assert columns == BEST
    for name, summary in summaries.items():
        expected = {
            f"Best/{split}/{figure}": (summary["best_step"], pytest.approx(value, rel=1e-6))
            for split in ("validation", "test")
            for figure, value in summary["best"][split].items()
        }
        assert cells(rows[name]) == expected
        assert rows[name].sessions[0].status == api_pb2.STATUS_SUCCESS
    assert rows["diverged"].sessions[0].status == api_pb2.STATUS_FAILURE
    assert cells(rows["diverged"]) == {}


def test_how_a_run_started_and_ended_is_written_once(three_runs, events_of):
    for name, ends in (("ended", 1), ("longer", 1), ("diverged", 1)):
        tags = [tag for tag, _ in events_of(three_runs[0] / name, ".")]
        assert tags.count(hparams.metadata.SESSION_START_INFO_TAG) == 1
        assert tags.count(hparams.metadata.SESSION_END_INFO_TAG) == ends
        assert tags.count("custom_scalars__config__") == (name != "diverged")


def test_settings_are_numbers_truth_values_and_words():
    config = configs.recipe("mlp", seed=5, batch_size="full")
    found = hparams.settings(configs.to_dict(config), {"keep_checkpoints"})
    assert (found["seed"], found["batch_size"], found["histograms"]) == (5, "full", True)
    assert found["model"] == "mlp"
    assert "keep_checkpoints" not in found
    assert "steps" not in found  # null is no setting
    assert all(isinstance(value, bool | int | float | str) for value in found.values())


def test_figures_of_single_classes_and_of_the_oracle_are_no_columns():
    best = {"test": {"loss": 1.0, "share_3": 0.1, "oracle_loss": 0.9, "excess_ratio": 0.1}}
    assert hparams.best_figures(best) == {"Best/test/loss": 1.0}
