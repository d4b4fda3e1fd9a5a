"""How are data of the user's own read: pictures, tables, arrays?"""
