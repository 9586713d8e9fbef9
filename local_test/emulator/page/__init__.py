"""The page that a browser gets at the emulator's address."""
