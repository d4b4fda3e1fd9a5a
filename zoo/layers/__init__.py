"""The parts that several models share: layers, normalization, activations, initializers."""
