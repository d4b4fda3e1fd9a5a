"""How do many updates run in one compiled call?"""
