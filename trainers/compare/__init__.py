"""Which of several runs is better, by how much, and what was set otherwise?"""
