"""Which learning rates does a model learn by?"""
