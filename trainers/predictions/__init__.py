"""What does a trained model say of data, and how right is it?"""
