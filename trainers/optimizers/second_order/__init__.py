"""How does curvature say where to go?"""
