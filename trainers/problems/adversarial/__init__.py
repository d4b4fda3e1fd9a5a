"""How is drawing learned from an opponent?"""
