"""What of a plan reaches the data, and what of the data is told."""

import dataclasses

import pytest

import configs
import datasets
from trainers.assembly.assemble import assemble
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve
from trainers.cli.run_arguments import parse


def test_every_setting_of_the_data_reaches_them_and_their_notes_come_back(monkeypatch):
    asked, digits = {}, datasets.load("digits")

    def load(name, **options):
        asked.update(options, name=name)
        return dataclasses.replace(digits, notes=("split 'test' has no example of 1 class",))

    monkeypatch.setattr(datasets, "load", load)
    changed = {"split_seed": 7, "validation_fraction": 0.3, "max_resident_gib": 1.5}
    plan = resolve(configs.recipe("mlp", dataset=changed))
    assert load_data(plan).notes == ["split 'test' has no example of 1 class"]
    later = {"train_on", "train_size", "binarize", "expand_shifts"}  # of loaded data
    settings = dataclasses.asdict(plan.config.dataset).items()
    assert asked == {key: value for key, value in settings if key not in later} | {"scratch": False}
    assert asked.items() >= changed.items()


@pytest.mark.parametrize(
    ("model", "dataset", "idle"),
    [
        ("mlp", "digits", ["split_seed", "validation_fraction"]),
        ("policy", "cartpole", ["split_seed", "validation_fraction"]),
        ("char_lstm", "text", ["split_seed"]),
    ],
)
def test_what_is_typed_of_splits_is_refused_where_it_changes_nothing(
    model, dataset, idle, tmp_path
):
    """Seen to fail without the question whether a split was drawn."""
    (tmp_path / "x.txt").write_text("one line of text\n" * 200)
    changes = {"name": dataset, "data_path": str(tmp_path / "x.txt") if idle[1:] == [] else None}
    for name, value in {"split_seed": 7, "validation_fraction": 0.3}.items():
        config = configs.recipe(model, dataset={**changes, name: value})
        plan = dataclasses.replace(resolve(config), typed=frozenset({f"dataset.{name}"}))
        if name in idle:
            flag = "--" + name.replace("_", "-")
            with pytest.raises(configs.ConfigError, match=rf"^{flag} {value} changes nothing: "):
                load_data(plan)
        else:
            load_data(plan)
        load_data(dataclasses.replace(plan, typed=frozenset()))


def test_what_is_typed_of_splits_that_are_drawn_is_done(monkeypatch):
    digits = datasets.load("digits")
    drawn = dataclasses.replace(digits, fingerprint=f"carved2-{digits.fingerprint}")
    monkeypatch.setattr(datasets, "load", lambda name, **options: drawn)
    plan = resolve(configs.recipe("mlp", dataset={"split_seed": 7}))
    load_data(dataclasses.replace(plan, typed=frozenset({"dataset.split_seed"})))


@pytest.mark.parametrize(
    ("flags", "is_known"),
    [("", True), ("--loss mse", False), ("--model.output-activation sigmoid", False)],
)
def test_an_oracle_in_nats_is_known_of_losses_in_nats_alone(flags, is_known):
    found = load_data(resolve(parse(["--model", "lstm", *flags.split()]).config))
    assert bool(assemble(found.plan, found.dataset).dataset.oracle_loss) == is_known
