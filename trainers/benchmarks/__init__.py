"""How fast is it, and does every placement compute the same?"""
