"""What is known of the models without building them?"""
