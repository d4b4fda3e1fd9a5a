"""Which models read a sequence step by step, and carry what they have read?"""
