"""How does a run begin with the weights of another?"""
