"""How does a tracker of experiments hear of a run?"""
