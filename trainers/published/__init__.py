"""Are printed figures reproduced, and by which command?"""
