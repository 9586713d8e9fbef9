"""IAM's documents for those who deploy, for the endpoint's role, and for who may assume it; nothing here calls AWS."""
