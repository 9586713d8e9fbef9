"""The `train` program: SageMaker's training contract around a RandomForest."""
