"""What a model.tar.gz is: its manifest, its archive, and how its files are opened safely."""
