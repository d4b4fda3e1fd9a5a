"""What is a dataset called, by whom, and what does a name that nobody has mean?"""
