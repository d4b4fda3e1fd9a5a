"""How is a file or a picture written whole?"""
