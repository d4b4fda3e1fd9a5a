"""What is learned? One room for each kind of problem, with the same files in each."""
