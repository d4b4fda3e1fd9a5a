"""What does a process need before its work begins, and how does it end?"""
