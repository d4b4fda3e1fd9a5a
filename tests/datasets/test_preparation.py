import http.server
import os
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
import standins
from places import ROOT

from datasets import DataError, load
from datasets.prepare import STAGING_PREFIX, _prepare, data_directory
from trainers.cli.exit import describe


def files_under(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The system's temporary folder, for this test an empty one."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_preparing_leaves_the_version_folder_alone(tmp_path, capfd):
    load("diabetes", data_dir=tmp_path / "data")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["diabetes"]
    assert [path.name for path in (tmp_path / "data" / "diabetes").iterdir()] == ["1.0.0"]
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "diabetes" not in captured.err  # no banner, bar or log line


def test_no_network_and_no_copy_is_one_line_and_leaves_nothing(tmp_path, no_network):
    folder = tmp_path / "absent"
    with pytest.raises(DataError) as caught:
        load("cifar10", data_dir=folder)
    text = str(caught.value)
    assert f"dataset 'cifar10' is not prepared under {folder} and could not be downloaded" in text
    assert "out of reach in this test" in text
    assert "--data-dir" in text
    assert "\n" not in text
    assert not folder.exists()


class CutOff(http.server.BaseHTTPRequestHandler):
    """Promises `promised` bytes and sends 1,000."""

    promised = 4096

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(self.promised))
        self.end_headers()
        self.wfile.write(b"x" * 1000)

    def log_message(self, *_args):
        pass


@pytest.mark.parametrize("promised", [4096, 1000], ids=["cut", "wrong checksum"])
def test_fault_33_cut_or_wrong_download_leaves_no_partial_copy(promised, tmp_path, monkeypatch):
    """A server that cuts off, or sends other bytes, makes one line and leaves no file.

    Seen to fail without the staging folder.
    """
    monkeypatch.setattr(CutOff, "promised", promised)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), CutOff) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/x.bin"
        monkeypatch.setattr(standins.ZooDownload, "URL", url)
        with pytest.raises(DataError, match="could not be downloaded") as caught:
            load("zoo_download", data_dir=tmp_path / "data")
        server.shutdown()
    code, text = describe(caught.value)
    assert code == 3
    assert "\n" not in text
    assert not (tmp_path / "data").exists()


def test_scratch_writes_nothing_that_stays(tmp_path, temporary):
    data = load("digits", data_dir=tmp_path / "data", scratch=True)
    assert data.splits["train"].size == 1077
    assert not (tmp_path / "data").exists()
    assert files_under(temporary) == []


def test_streamed_arrays_have_no_names_on_disk(tfds_dir, temporary):
    data = load("digits", data_dir=tfds_dir, max_resident_gib=0)
    assert files_under(temporary) == []  # so a killed process leaves none either
    assert data.splits["train"].inputs.max() == 1


def test_embedded_dataset_loads_where_the_data_directory_cannot_be_made(tmp_path, temporary):
    (tmp_path / "file").write_text("")
    data = load("diabetes", data_dir=tmp_path / "file" / "data")
    assert data.splits["train"].size == 264
    assert files_under(temporary) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to read-only folders")
def test_embedded_dataset_loads_beside_a_read_only_data_directory(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir(mode=0o555)
    assert load("diabetes", data_dir=folder).splits["train"].size == 264
    assert files_under(folder) == []


def test_tfds_name_needs_a_writable_data_directory(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"cannot be written.*pass --data-dir"):
        load("zoo_train_only", data_dir=tmp_path / "file" / "data")


def test_losing_the_race_to_publish_is_a_success(tmp_path):
    for _ in range(2):  # the second finds the folder of the first
        _prepare("diabetes", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["diabetes"]


@pytest.mark.slow  # two imports of TensorFlow
def test_equally_seeded_processes_prepare_at_once(tmp_path):
    code = (
        "import random, datasets; from datasets.prepare import _prepare; from pathlib import Path; "
        "import tensorflow, tensorflow_datasets; random.seed(0); "
        f"root = Path({str(tmp_path / 'data')!r}); _prepare('reber', root); "
        "print(datasets.load('reber', data_dir=root).fingerprint)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert outputs[0][0] == outputs[1][0] != ""
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["reber"]


def test_staging_names_do_not_come_from_the_seeded_generator(tmp_path, monkeypatch):
    names = []
    real = tempfile.mkdtemp

    def record(*args, **kwargs):
        folder = real(*args, **kwargs)
        if kwargs.get("prefix") == STAGING_PREFIX:
            names.append(Path(folder).name)
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", record)
    for attempt in range(2):
        random.seed(0)
        _prepare("diabetes", tmp_path / str(attempt))
    assert len(set(names)) == 2


def test_data_directory_precedence(tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "environment"))
    assert data_directory(tmp_path / "given") == tmp_path / "given"
    assert data_directory(None) == tmp_path / "environment"
    monkeypatch.delenv("TFDS_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_directory(None) == tmp_path / "tensorflow_datasets"
