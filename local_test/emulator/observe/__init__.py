"""What a call leaves behind: a REPORT line, CloudWatch's numbers, and the container's own lines in Logs."""
