"""What are trained weights to a command that asks for a run?"""
