"""How do raw inputs become what a model reads, and its outputs answers?"""
