"""How does a trained model leave for another runtime, and does it answer there as it does here?"""
