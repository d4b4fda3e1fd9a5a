"""Draw images that a discriminator takes for real ones."""
