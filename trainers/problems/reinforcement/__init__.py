"""How is acting learned from rewards?"""
