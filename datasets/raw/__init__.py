"""How are raw inputs of a finished model read, as they lie in files?"""
