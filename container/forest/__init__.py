"""The compiled forest: scikit-learn's trees as flat, memory-mapped arrays."""
