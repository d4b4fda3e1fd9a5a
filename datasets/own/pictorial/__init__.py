"""How does a folder of pictures become one array?"""
