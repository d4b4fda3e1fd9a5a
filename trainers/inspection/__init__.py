"""What is inside a model? To look, and to change nothing."""
