"""What `generate.py` is made of: the schema as values, and one writer for each kind of output."""
