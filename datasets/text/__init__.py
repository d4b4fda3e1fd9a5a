"""How does a text become examples?"""
