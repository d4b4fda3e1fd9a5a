"""Weights of a model file that point elsewhere, or are not what they say."""

import io

import h5py
import numpy as np
import pytest


@pytest.fixture
def with_weights(write, members):
    """Write the harmless model's file with its weights changed by a function of the HDF5 file."""

    def written(change):
        content = io.BytesIO(members["model.weights.h5"])
        with h5py.File(content, "r+") as file:
            change(file)
        return write(files={"model.weights.h5": content.getvalue()})

    return written


def test_fault_44_weights_that_point_elsewhere_are_refused(with_weights, tmp_path, refusal):
    """Seen to fail without the check of links, of datasets' files, and of their sizes."""
    other = tmp_path / "secret.h5"
    with h5py.File(other, "w") as file:
        file["w"] = np.ones(3)
    (tmp_path / "secret.bin").write_bytes(bytes(80))

    def external_link(file):
        file["layers/dense/vars/2"] = h5py.ExternalLink(str(other), "w")

    def soft_link(file):
        file["layers/dense/vars/2"] = h5py.SoftLink("/layers")

    def cycle(file):
        file["layers/dense/again"] = file["layers"]

    def external_storage(file):
        secret = [(str(tmp_path / "secret.bin"), 0, 80)]
        file.create_dataset("layers/dense/vars/2", (10,), "f8", external=secret)

    def virtual(file):
        layout = h5py.VirtualLayout((3,), "f8")
        layout[:] = h5py.VirtualSource(str(other), "w", (3,))
        file.create_virtual_dataset("layers/dense/vars/2", layout)

    def declared_only(file):
        file.create_dataset("layers/dense/vars/2", (10**15,), "f8", chunks=(1000,))

    def unwritten(file):
        file.create_dataset("layers/dense/vars/2", (10**15,), "f8")

    def zipped(file):
        file.create_dataset("layers/dense/vars/2", data=np.zeros(10**6), compression="gzip")

    def text(file):
        file["layers/dense/vars/2"] = "text"

    def reference(file):
        file.create_dataset("layers/dense/vars/2", data=file["layers"].ref, dtype=h5py.ref_dtype)

    def type_alone(file):
        file["layers/dense/vars/2"] = np.dtype("f8")

    links = (external_link, soft_link, cycle)
    others = (external_storage, virtual, declared_only, unwritten, zipped, text, reference)
    for change in (*links, *others, type_alone):
        wanted = "are a link to" if change in links else "are not numbers that lie in the file"
        assert wanted in refusal(with_weights(change)), change.__name__
