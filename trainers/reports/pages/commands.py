"""What can be done with a run next, as commands to paste."""

from __future__ import annotations

from trainers.reports.pages.facts import RunFacts
from zoo.process.shell import command_line


def next_commands(facts: RunFacts) -> list[tuple[str, str]]:
    """Return (what for, command) of a run, the likeliest first."""
    path, found = facts.path, []
    imports = [word for name in facts.values.get("imports") or () for word in ("--import", name)]
    if not facts.summary:
        going_on = command_line("python -m trainers.run", "--run-dir", path, "--resume", *imports)
        found.append(("go on where it stopped", going_on))
    kind = facts.record.about["kind"] if facts.record else None
    if facts.summary:
        measure = command_line("python -m trainers.evaluate", path, "--split", "test", *imports)
        found.append(("measure it again, on its own data or by --dataset on others", measure))
    if facts.summary and kind in ("classes", "numbers"):
        predict = command_line("python -m trainers.predict", path, "FILE", *imports)
        found.append(("ask it of a picture, a table or a text", predict))
    if (path / "vocabulary.json").is_file() or (path / "feature_classifier.keras").is_file():
        generate = command_line("python -m trainers.generate", path, *imports)
        found.append(("generate", generate))
    if facts.summary.get("improving"):
        unit = "epochs" if facts.values.get("epochs") else "steps"
        length = str(2 * int(facts.values.get(unit) or 1))
        stretched = facts.values.get("optimizer.schedule", "constant") != "constant"
        if not stretched:
            words = ["--run-dir", path, "--resume", f"--{unit}", length, *imports]
            found.append(("train longer", command_line("python -m trainers.run", *words)))
    found += [
        ("look inside", command_line("tensorboard", "--logdir", path)),
        ("set it beside others", command_line("python -m trainers.compare", path.parent)),
        ("take it away", command_line("python -m trainers.export", path, "--format", "onnx")),
    ]
    return found
