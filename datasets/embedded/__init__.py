"""Datasets that need no network: TFDS builders of data in installed packages or from a seed."""
