"""AWS, one file a service: the only place that imports boto3. Callers get plain data and our errors."""
