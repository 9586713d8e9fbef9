"""Looking at what runs: its state, its log and its metrics."""
