"""What do trained models answer to a hand on the mouse?"""
