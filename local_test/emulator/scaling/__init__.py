"""What Application Auto Scaling does to running endpoints: policies are followed, capacities changed."""
