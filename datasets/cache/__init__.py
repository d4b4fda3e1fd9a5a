"""What is kept between runs, so that it is computed once?"""
