"""Predict every next character."""
