"""Where did a run's seconds go, and how fast was it?"""
