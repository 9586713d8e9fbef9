"""The laptop's and CI's side of Coppice: the command line, and later what it does with AWS."""
