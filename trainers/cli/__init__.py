"""How do words become a configuration, and errors a line and an exit code?"""
