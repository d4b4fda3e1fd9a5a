"""Which data are drawn by a rule and a seed, as they are loaded?"""
