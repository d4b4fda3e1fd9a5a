"""Training: one compiled GradientTape loop and the commands around it."""
