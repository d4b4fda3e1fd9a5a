"""Which layers carry a state from step to step?"""
