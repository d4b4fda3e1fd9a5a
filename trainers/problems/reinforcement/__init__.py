"""Act so that rewards add up."""
