"""What does one run, or several, say in one number?"""
