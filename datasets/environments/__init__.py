"""What does a policy act in?"""
