"""Which runs are in a folder that holds several?"""
