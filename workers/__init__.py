"""The processes and the command line: what runs the library."""
