"""What is logged, and what becomes of it when it is damaged?"""
