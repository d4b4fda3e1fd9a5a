"""What does each page of the site say?"""
