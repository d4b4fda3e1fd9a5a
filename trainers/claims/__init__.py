"""When does a claim hold, and is a stored result what was measured?"""
