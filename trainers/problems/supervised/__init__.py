"""Predict targets from inputs."""
