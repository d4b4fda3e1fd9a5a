"""What of a plan reaches the data, and what of the data is told."""

import dataclasses

import configs
import datasets
from trainers.assembly.data import load_data
from trainers.assembly.resolve import resolve


def test_every_setting_of_the_data_reaches_them_and_their_notes_come_back(monkeypatch):
    asked, digits = {}, datasets.load("digits")

    def load(name, **options):
        asked.update(options, name=name)
        return dataclasses.replace(digits, notes=("split 'test' has no example of 1 class",))

    monkeypatch.setattr(datasets, "load", load)
    changed = {"split_seed": 7, "validation_fraction": 0.3, "max_resident_gib": 1.5}
    plan = resolve(configs.recipe("mlp", dataset=changed))
    assert load_data(plan).notes == ["split 'test' has no example of 1 class"]
    assert asked == dataclasses.asdict(plan.config.dataset) | {"scratch": False}
    assert asked.items() >= changed.items()
