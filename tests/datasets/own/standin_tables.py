"""A table of every kind of column, with gaps, and how it is written and loaded."""

import numpy as np

import datasets

SIZE = 200


def rows_of(size=SIZE):
    """Columns of every kind, with gaps; the label goes with `age`, and the file is sorted by it."""
    random = np.random.default_rng(1)
    age = np.sort(random.normal(40, 10, size)).round(1)
    return {
        "age": [f"{value}" if random.random() > 0.1 else "" for value in age],
        "city": random.choice(["Oslo", "Bern", "Rome", ""], size, p=[0.5, 0.3, 0.15, 0.05]),
        "member": random.choice(["true", "false"], size),
        "visits": random.integers(0, 2000, size),
        "label": np.where(np.arange(size) < 3 * size // 4, "no", "yes"),
        "amount": (3.0 * age + random.normal(0, 1, size)).round(3),
    }


def write_table(path, text=None, **changes):
    columns = {name: values for name, values in (rows_of() | changes).items() if len(values)}
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
    path.write_text("\n".join(lines) if text is None else text)
    return path


def load(path, target="label", **options):
    return datasets.load("table", data_path=path, target=target, **options)
