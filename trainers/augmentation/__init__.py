"""How are training pictures varied?"""
