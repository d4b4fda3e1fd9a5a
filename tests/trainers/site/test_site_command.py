"""The command: what it refuses, each in one line, before anything is written."""

import importlib.util
import subprocess
import sys
import urllib.request
from threading import Thread

import pytest
from places import ROOT

import configs
import zoo
from trainers.site import __main__ as site
from trainers.site import build, curves, serve


def test_help_names_every_flag_and_needs_neither_tensorflow_nor_mkdocs():
    code = (
        "import sys\nfrom trainers.site.__main__ import main\nmain(['--help'])\n"
        "print({'tensorflow', 'keras', 'mkdocs', 'jinja2'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout.endswith("\nset()\n")
    assert all(flag in done.stdout for flag in ("--output", "--serve", "--curves"))


def test_a_missing_extra_is_told_with_how_to_install_it(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "material" else found(name)
    )
    with pytest.raises(
        configs.ConfigError, match=r"the site needs material; pip install '\.\[site\]'"
    ):
        site.main([])


def test_an_installation_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "__file__", str(tmp_path / "site-packages" / "zoo" / "__init__.py"))
    with pytest.raises(configs.ConfigError, match="is an installation, and the course is built"):
        build.build(tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["--serve", "0"], "allowed: a port, 1 to 65535"),
        (["--serve", "many"], "--serve"),
        (["--output", "gone/site"], "lies in no folder gone"),
        (["--curves", "mpl"], "matches no model; did you mean 'mlp'?"),
        (["--ouput", "a"], "did you mean '--output'?"),
    ],
)
def test_what_is_typed_wrong_is_told_in_one_line(argv, told, tmp_path, monkeypatch):
    pytest.importorskip("material", reason="the extra `site` is not installed")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(configs.ConfigError, match=told.replace("?", r"\?")) as caught:
        site.main(argv)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_site_is_served_to_this_machine_alone(tmp_path):
    (tmp_path / "index.html").write_text("<p>here</p>")
    with serve.server(tmp_path, 0) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        try:
            assert running.server_address[0] == "127.0.0.1"
            address = f"http://127.0.0.1:{running.server_port}/index.html"
            assert urllib.request.urlopen(address).read() == b"<p>here</p>"
            with pytest.raises(configs.ConfigError, match="cannot be had"):
                serve.server(tmp_path, running.server_port)
        finally:
            running.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("typed", "port"), [(["--serve"], 8000), (["--serve", "9001"], 9001), ([], None)]
)
def test_serve_takes_a_port_or_the_usual_one(typed, port, tmp_path, monkeypatch):
    pytest.importorskip("material", reason="the extra `site` is not installed")
    monkeypatch.setattr(build, "build", lambda output: build.Built(3, 10**6))
    served = []
    monkeypatch.setattr(serve, "serve", lambda folder, port: served.append((folder, port)))
    site.main(["--output", str(tmp_path / "site"), *typed])
    assert served == ([] if port is None else [(tmp_path / "site", port)])


def test_models_whose_curves_are_asked_for():
    assert curves.chosen("*lstm") == ["bi_lstm", "char_lstm", "lstm"]
