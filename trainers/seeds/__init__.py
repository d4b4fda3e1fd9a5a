"""What does a setting reach over several seeds?"""
