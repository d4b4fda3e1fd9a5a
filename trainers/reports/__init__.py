"""What did runs find? Read back and shown."""
