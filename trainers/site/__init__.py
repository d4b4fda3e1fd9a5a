"""How does the project become a course that one reads in a browser?"""
