"""What did LeNet have in 1998 that later networks have not?"""
