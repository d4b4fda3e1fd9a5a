"""How is the next character predicted?"""
