"""Which settings are best, by the validation split?"""
