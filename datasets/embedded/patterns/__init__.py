"""Which functions are small enough to be learned from all of their inputs, or from a formula?"""
