"""How is a run started, watched and used from Python?"""
