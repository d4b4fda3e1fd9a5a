"""What a processor tells of itself."""

import subprocess

import pytest
import tensorflow as tf

from trainers import run
from trainers.runs import provenance

PROCESSOR = "processor\t: 0\nmodel name\t: A Processor of 2020\nflags\t\t: fpu avx2 {}\n"


@pytest.fixture
def processor(tmp_path, monkeypatch):
    """A function that makes this machine's processor tell a text of itself."""

    def tells(text):
        (tmp_path / "cpuinfo").write_text(text)
        monkeypatch.setattr(provenance, "_CPU_INFO", tmp_path / "cpuinfo")

    return tells


@pytest.mark.parametrize(
    ("text", "emulates"),
    [
        (PROCESSOR.format("avx512f"), True),
        (PROCESSOR.format("avx512f avx512_bf16"), False),
        (PROCESSOR.format("amx_bf16 amx_tile"), False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", False),
        ("", False),
    ],
)
def test_bfloat16_is_known_to_be_emulated(processor, monkeypatch, text, emulates):
    processor(text)
    assert provenance.emulates_bfloat16() is emulates
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["a GPU"])
    assert not provenance.emulates_bfloat16()


def test_processor_is_named_by_its_system(processor, monkeypatch, tmp_path):
    processor(PROCESSOR.format(""))
    assert provenance.hardware()["processor"] == "A Processor of 2020"
    monkeypatch.setattr(provenance, "_CPU_INFO", tmp_path / "none")
    monkeypatch.setattr(provenance.platform, "processor", lambda: "x86_64")
    assert provenance.hardware()["processor"] == "x86_64"
    assert not provenance.emulates_bfloat16()


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_run_warns_of_a_precision_that_slows_it_down(processor, tmp_path, capsys, precision):
    processor(PROCESSOR.format("avx512f"))
    arguments = ["--model", "perceptron", "--steps", "2", "--histograms", "false"]
    run.main([*arguments, "--precision", precision, "--run-dir", str(tmp_path / "run")])
    warned = "so --precision float32 is likely to be faster" in capsys.readouterr().err
    assert warned == (precision == "mixed_bfloat16")


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError("git"),
        subprocess.CalledProcessError(128, "git"),
        subprocess.TimeoutExpired("git", 20),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_revision_that_git_does_not_tell_is_none(error, monkeypatch):
    def fail(*_, **options):
        assert options["timeout"] <= 30
        raise error

    monkeypatch.setattr(provenance.subprocess, "run", fail)
    assert provenance.git_revision() is None


def test_code_that_is_installed_below_a_users_repository_has_no_revision(tmp_path, monkeypatch):
    code = tmp_path / "venv" / "provenance.py"
    code.parent.mkdir()
    code.write_text("")
    monkeypatch.setattr(provenance, "__file__", str(code))
    git = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c"]
    for words in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "theirs"]):
        subprocess.run([*git, *words], check=True)
    assert provenance.git_revision() is None
    for words in (["add", "."], ["commit", "-q", "-m", "ours"]):
        subprocess.run([*git, *words], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
    assert provenance.git_revision() == head.stdout.strip()
