"""What does TensorBoard show of a run, and of twenty of them side by side?"""
