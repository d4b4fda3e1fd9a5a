"""How are short codes of images learned?"""
