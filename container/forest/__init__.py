"""The compiled forest: scikit-learn's trees as flat arrays, a kernel that walks them, and equal answers."""
