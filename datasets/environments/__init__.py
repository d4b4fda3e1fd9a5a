"""What a policy acts in: environments, and their episodes as a dataset."""
