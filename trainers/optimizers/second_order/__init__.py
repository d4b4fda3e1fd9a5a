"""How do weights move where curvature is known?"""
