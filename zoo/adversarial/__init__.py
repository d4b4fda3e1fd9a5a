"""Which models learn to draw from an opponent, and of what are the two made?"""
