"""How does a configuration become parts that run?"""
