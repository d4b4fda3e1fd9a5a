"""Which data need no network?"""
