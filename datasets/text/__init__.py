"""Text: files and documents as windows that continue one another."""
