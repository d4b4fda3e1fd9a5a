"""Which trained weights come with the zoo, and are they whole?"""
