"""How do a split's examples reach the device?"""
