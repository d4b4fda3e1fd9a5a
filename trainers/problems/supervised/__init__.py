"""How are targets predicted from inputs?"""
