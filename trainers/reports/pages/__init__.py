"""What does a page about a run show?"""
