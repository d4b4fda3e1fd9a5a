"""The pages' mathematics run by Node, without a browser."""

import json
import shutil
import subprocess

import pytest

from trainers.site.play.pages import write_assets

MATHEMATICS = (
    "arrays", "dense", "convolution", "lstm", "networks", "centring", "random", "cart_pole",
    "surfaces", "optimizers",
)  # fmt: skip

# Reads the scripts as a page does, one after the other, then prints what an expression is worth.
_PROGRAM = """
const { readFileSync } = require("node:fs");
const vm = require("node:vm");
const [folder, names, expression, input] = JSON.parse(readFileSync(0, "utf8"));
globalThis.input = input;
for (const name of names)
  vm.runInThisContext(readFileSync(`${folder}/${name}.js`, "utf8"), { filename: name });
const plain = (key, value) => (ArrayBuffer.isView(value) ? Array.from(value) : value);
process.stdout.write(JSON.stringify(vm.runInThisContext(expression), plain));
"""


@pytest.fixture(scope="session")
def assets(tmp_path_factory):
    """The folder of scripts that a page links to."""
    folder = tmp_path_factory.mktemp("assets")
    write_assets(folder)
    return folder


@pytest.fixture(scope="session")
def evaluated(assets):
    """Return what a JavaScript expression is worth, which reads `zoo` and `input`."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed, which runs the pages' mathematics without a browser")

    def run(expression, *more, given=None):
        request = [str(assets), [*MATHEMATICS, *more], expression, given]
        done = subprocess.run(
            ["node", "-e", _PROGRAM],
            input=json.dumps(request),
            capture_output=True,
            text=True,
            timeout=120,
            encoding="utf-8",
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
