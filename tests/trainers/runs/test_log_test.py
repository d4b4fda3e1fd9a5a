"""`--log-test`: test figures at every validation are told, named as that, and decide nothing."""

import pytest

import trainers

EPOCHS = 3


@pytest.fixture(scope="module")
def tested(train_here, small_arguments, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tested") / "run"
    arguments = [*small_arguments, "--histograms", "false"]
    train_here(folder, *arguments, "--epochs", "2", "--log-test", "true")
    more = ["--resume", "--epochs", str(EPOCHS), "--log-test", "true"]
    return folder, train_here(folder, *more)


def test_test_figures_stand_in_the_logs_at_every_validation(tested, rows_of, events_of):
    folder, summary = tested
    rows = rows_of(folder)
    steps = [34 * epoch for epoch in range(1, EPOCHS + 1)]
    measured = [step for split, name, step in rows if (split, name) == ("test", "accuracy")]
    assert measured == steps
    assert {(tag, step) for tag, step in events_of(folder, "test") if tag} == {
        (name, step) for name in ("loss", "accuracy") for step in steps
    }
    # What is measured at the last update is what the summary has of the final weights.
    assert rows["test", "accuracy", steps[-1]] == pytest.approx(
        summary["final"]["test"]["accuracy"]
    )


def test_extremes_over_validations_are_named_as_that_over_a_resume(tested, rows_of):
    folder, summary = tested
    rows, found = rows_of(folder), summary["test_over_validations"]
    assert found["count"] == EPOCHS
    for name in ("loss", "accuracy"):
        values = {step: v for (split, of, step), v in rows.items() if (split, of) == ("test", name)}
        for key, chosen in (("highest", max), ("lowest", min)):
            assert found[key][name]["value"] == pytest.approx(chosen(values.values()), rel=1e-8)
            assert found[key][name]["step"] == chosen(values, key=values.get)


def test_nothing_is_chosen_by_the_test_split(tested, train_here, small_arguments, tmp_path):
    _, summary = tested
    plain = train_here(
        tmp_path / "plain", *small_arguments, "--histograms", "false", "--epochs", str(EPOCHS)
    )
    assert "test_over_validations" not in plain
    for key in ("final_weights_sha256", "best_step", "best", "final"):
        assert summary[key] == plain[key]


def test_history_and_text_name_the_split(tested):
    folder, summary = tested
    run = trainers.open(folder)
    assert len(run.history["test_accuracy"]) == len(run.history["test_epoch"]) == EPOCHS
    from trainers.runs.summary import summary_text

    (line,) = [
        each for each in summary_text(summary, run.config, folder).splitlines() if "highest" in each
    ]
    highest = summary["test_over_validations"]["highest"]["accuracy"]
    assert (
        f"accuracy {highest['value']:.4f} (step {highest['step']}), of 3 validations on test"
        in line
    )
