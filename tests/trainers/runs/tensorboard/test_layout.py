"""The page Custom Scalars: which figures are in one chart."""

import re

import pytest
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.util.tensor_util import make_ndarray

from trainers.runs.tensorboard.layout import TAG, layout


def charts(summary):
    (value,) = summary.value
    assert value.tag == TAG
    message = layout_pb2.Layout.FromString(make_ndarray(value.tensor).item())
    return {
        category.title: {chart.title: list(chart.multiline.tag) for chart in category.chart}
        for category in message.category
    }


def test_run_has_a_chart_for_each_figure_with_train_and_validation(small_run, events_of):
    events = events_of(small_run[0], ".")
    found = charts(type("Summary", (), {"value": [events[TAG, 34]]}))
    assert list(found) == [
        "Learning curves",
        "Step size, gradient and speed",
        "Inside the model",
    ]
    assert found["Learning curves"] == {"loss": ["^loss$"], "accuracy": ["^accuracy$"]}
    assert list(found["Step size, gradient and speed"]) == [
        "learning rate",
        "gradient norm",
        "examples per second",
    ]
    assert found["Inside the model"] == {}
    for split in ("train", "validation"):
        assert {"loss", "accuracy"} <= {tag for tag, _ in events_of(small_run[0], split)}


def test_layers_share_a_chart_and_so_do_classes():
    train = ["loss", "dead_share/hidden_1", "dead_share/hidden_2", "hessian_condition"]
    found = charts(layout(train, ["recall", "share_0", "share_1", "loss"]))
    assert found == {
        "Learning curves": {
            "loss": ["^loss$"],
            "recall": ["^recall$"],
            "share by class": ["^share_[0-9]+$"],
        },
        "Step size, gradient and speed": {"hessian condition": ["^hessian_condition$"]},
        "Inside the model": {"dead share by layer": ["^dead_share/"]},
    }


@pytest.mark.parametrize(
    ("pattern", "right", "wrong"),
    [
        ("loss", ["loss"], ["policy_loss", "loss_scale", "Best/test/loss"]),
        ("share by class", ["share_0", "share_12"], ["share_of", "smallest_share_1"]),
    ],
)
def test_chart_takes_its_own_figures_alone(pattern, right, wrong):
    found = charts(layout([], ["loss", "share_1"]))["Learning curves"]
    (chart,) = found[pattern]
    assert [name for name in (*right, *wrong) if re.match(chart, name)] == right
