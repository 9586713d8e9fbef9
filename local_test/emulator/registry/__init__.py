"""A real registry on loopback, and an ECR that hands it out."""
