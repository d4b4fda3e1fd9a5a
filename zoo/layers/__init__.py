"""Which parts do several models share?"""
