"""Where does it compute: one device, several, several machines?"""
