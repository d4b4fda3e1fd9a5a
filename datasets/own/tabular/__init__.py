"""How does a table in a file become columns of numbers and words?"""
