"""Who takes turns with whom, ratios and losses, with contenders whose answers are written here."""

import contextlib
import math

import pytest
from jsonargparse import Namespace

import configs
from trainers.benchmarks import peers
from trainers.benchmarks.peers import cases, processes, tables, turns
from trainers.benchmarks.peers.processes import Contender, Failed
from trainers.errors import UserError

OURS, FAST, SLOW = (Contender(name, name, "json") for name in ("ours", "torch eager", "jax"))
ABOUT = {"updates": 10, "mode": "xla", "flops_per_update": 5e6, "peak_flops": 1e9}
(CASE,) = cases.find("mlp 784-30-10 batch 10")


class Written:
    """Contenders that take the seconds and give the losses of a table."""

    def __init__(self, seconds, losses, fails=()):
        self.seconds, self.losses, self.fails = seconds, losses, dict(fails)
        self.asked = []

    def ask(self, contender, do, **about):
        self.asked.append((do, contender.name, about.get("turn")))
        if self.fails.get(contender.name) == do:
            raise Failed(f"{contender.name} cannot {do}")
        if do == "prepare":
            return ABOUT if contender is OURS else {}
        if do != "turn":
            return {}
        number = about["turn"]
        return {
            "seconds": self.seconds[contender.name][number],
            "loss": self.losses[contender.name][number],
        }


def measured(losses_of_jax=(2.0, 1.0, 0.5), fails=()):
    seconds = {"ours": [9, 0.2, 0.1], "torch eager": [9, 0.3, 0.2], "jax": [9, 0.1, 0.1]}
    losses = {"ours": [2, 1, 0.5], "torch eager": [2, 1, 0.501], "jax": losses_of_jax}
    told = Written(seconds, losses, fails)
    return turns.measure_row(CASE, [OURS, FAST, SLOW], told, 2, 0.5), told


def test_ratios_are_of_one_turn_and_the_first_turn_is_not_timed():
    row, _ = measured()
    assert row["contenders"]["ours"]["seconds"] == [0.2, 0.1]
    eager, jax = row["ratios"]["torch eager"], row["ratios"]["jax"]
    assert (eager["min"], eager["max"]) == pytest.approx((1.5, 2.0))
    assert eager["median"] == pytest.approx(1.75)
    assert eager["fastest"] == pytest.approx(2.0)
    assert (jax["min"], jax["median"], jax["max"]) == pytest.approx((0.5, 0.75, 1.0))
    assert row["best"] == "jax"
    # 10 updates of 5 million operations in a median of 0.15 s, of 1,000 million a second.
    assert row["share"] == pytest.approx(50e6 / 0.15 / 1e9)


def test_turns_rotate_and_examples_are_ready_before_the_clock_starts():
    _, told = measured()
    order = [(name, number) for do, name, number in told.asked if do == "turn"]
    assert order[:3] == [("ours", 0), ("torch eager", 0), ("jax", 0)]
    assert order[3:6] == [("ours", 1), ("torch eager", 1), ("jax", 1)]
    assert order[6:] == [("torch eager", 2), ("jax", 2), ("ours", 2)]
    for place, asked in enumerate(told.asked):
        if asked[0] == "turn":
            assert told.asked[place - 1] == ("stage", *asked[1:])
    assert {name for do, name, _ in told.asked if do == "forget"} == {"ours", "torch eager", "jax"}


def test_a_peer_that_did_not_learn_the_same_is_an_error():
    row, _ = measured()
    assert row["differences"] == pytest.approx({"torch eager": 0.002, "jax": 0.0})
    assert row["unequal"] == []
    peers.check({"rows": [row]})
    for wrong in (0.51, math.nan):
        row, _ = measured((2.0, 1.0, wrong))
        assert row["unequal"] == ["jax"]
        with pytest.raises(UserError, match=r"further from ours.*mlp 784-30-10 batch 10: jax; see"):
            peers.check({"rows": [row]})


def test_where_random_numbers_are_drawn_losses_are_shown_alone():
    (case,) = cases.find("mlp recipe*")
    row = {
        **ABOUT,
        "contenders": {
            "ours": {"seconds": [1.0], "losses": [2.0]},
            "jax": {"seconds": [1.0], "losses": [1.0]},
        },
    }
    found = turns.figures(case, row)
    assert found["differences"] == {"jax": 0.5}
    assert found["unequal"] == []


def test_fit_is_held_to_the_loss_where_no_embedding_comes_in_parts():
    seconds = {"seconds": [1.0], "losses": [2.0]}
    apart = {**seconds, "losses": [1.0]}
    row = {**ABOUT, "contenders": {"ours": seconds, "fit best": apart, "jax": apart}}
    (symbols,) = cases.find("lstm 32*")
    assert turns.figures(CASE, row)["unequal"] == ["fit best", "jax"]
    assert turns.figures(symbols, row)["unequal"] == ["jax"]


@pytest.mark.parametrize("when", ["prepare", "turn"])
def test_a_peer_that_fails_is_told_and_the_others_go_on(when, capsys):
    row, _ = measured(fails=[("jax", when)])
    assert row["contenders"]["jax"]["skipped"] == f"jax cannot {when}"
    assert set(row["ratios"]) == {"torch eager"}
    assert f"jax cannot {when}" in capsys.readouterr().err


def test_our_own_failure_ends_the_row():
    with pytest.raises(Failed, match="our own turn: ours cannot prepare"):
        measured(fails=[("ours", "prepare")])


def test_peers_that_are_not_installed_are_told_once_in_one_line(capsys, monkeypatch, tmp_path):
    missing = [Contender(f"jax {n}", "jax", "no_such_package") for n in (1, 2)]
    told = Written({"ours": [1, 1]}, {"ours": [1, 1]})
    monkeypatch.setattr(peers, "Processes", lambda: contextlib.nullcontext(told))
    monkeypatch.setattr(peers, "chosen", lambda _: [OURS, *missing])
    given = Namespace(rows="mlp 784-30-10*", peers="jax", repeats=1, turn_seconds=0.1)
    result = peers.measure(given)
    line, *progress = capsys.readouterr().err.splitlines()
    assert line == (
        "no_such_package is not installed, so it is left out; pip install -r requirements-bench.txt"
    )
    assert progress == [f"measuring {row['name']}" for row in result["rows"]]
    row = result["rows"][1]
    assert row["contenders"]["jax 2"]["skipped"] == "no_such_package is not installed"
    assert (row["ratios"], row["best"]) == ({}, None)
    shown = peers.table(result).splitlines()[3]
    assert shown == f"| {CASE.name} | 10 | 5% | - | - | - | - | - | - | - |"
    assert [path.suffix for path in peers.save(result, tmp_path / "x.json")] == [".md", ".png"]
    peers.check(result)


def test_the_table_marks_where_a_peer_is_faster(tmp_path):
    row, _ = measured()
    result = {"rows": [row], "geometric_means": {"all peers": 0.75, "jax": None}}
    *_, line, empty, last = tables.markdown(result).splitlines()
    assert line.split(" | ")[5] == "1.75 (1.50-2.00)"
    assert line.split(" | ")[7] == "**0.75 (0.50-1.00)**"
    assert line.split(" | ")[9] == "2.0e-03 |"
    assert (empty, last) == ("", "geometric means: all peers 0.75")
    text, picture = tables.save(result, tmp_path / "peers.json")
    assert text.read_text(encoding="utf-8") == tables.markdown(result) + "\n"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_geometric_means_take_the_fastest_of_a_framework():
    rows = [
        {"ratios": {"torch eager": {"median": 4.0}, "torch compiled": {"median": 2.0}}},
        {"ratios": {"torch eager": {"median": 8.0}, "jax": {"median": 1.0}}},
    ]
    assert turns.geometric_mean(rows, lambda n: n.startswith("torch")) == pytest.approx(4.0)
    assert turns.geometric_mean(rows, lambda _: True) == pytest.approx(2**0.5)
    assert turns.geometric_mean(rows, lambda n: n == "fit") is None


def test_rows_are_found_by_patterns():
    names = [case.name for case in cases.CASES]
    assert len(set(names)) == len(names)
    assert [case.name for case in cases.find("char_lstm 256*")] == ["char_lstm 256 batch 64"]
    assert {case.model for case in cases.find("gan*,lstm*")} == {"gan", "lstm", "lstm_classifier"}
    with pytest.raises(configs.ConfigError, match=r"no row matches 'zzz'.*mlp 784-30-10 batch 1;"):
        cases.find("zzz")


def test_a_process_answers_fails_and_dies():
    contender = Contender("jax", "jax", "json")
    with processes.Processes() as started:
        assert started.ask(contender, "stage", turn=1) == {}
        with pytest.raises(Failed, match=r"^KeyError: 'jax'$"):
            started.ask(contender, "turn", turn=1)
        assert started.ask(contender, "forget") == {}
        (process,) = started._running.values()
        process.kill()
        process.wait()
        with pytest.raises(Failed, match="its process ended with -9"):
            started.ask(contender, "stage", turn=1)
    assert {each.name for each in processes.chosen(["torch"])} == {
        "ours", "torch eager, 1 thread", "torch eager, 2 threads", "torch compiled, 1 thread",
        "torch compiled, 2 threads",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["tensorflow", "", "ours"])
def test_a_peer_that_nobody_is_is_refused_with_those_there_are(name):
    with pytest.raises(configs.ConfigError) as caught:
        processes.chosen(["jax", name])
    assert str(caught.value).startswith(f"unknown peer {name!r}; ")
    assert str(caught.value).endswith("allowed: fit, torch, jax")
