"""What is minimized and measured?"""
