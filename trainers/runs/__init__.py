"""What is written during a run, when, and how is it restored?"""
