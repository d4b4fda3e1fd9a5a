"""How do weights move along a gradient?"""
