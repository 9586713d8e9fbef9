output "endpoint_name" {
  description = "What `aws sagemaker-runtime invoke-endpoint` and `coppice invoke` call; null while there is no image."
  value       = one(aws_sagemaker_endpoint.this[*].name)
}

output "endpoint_arn" {
  description = "The endpoint."
  value       = one(aws_sagemaker_endpoint.this[*].arn)
}

output "endpoint_config_name" {
  description = "The configuration that serves."
  value       = one(aws_sagemaker_endpoint_configuration.this[*].name)
}

output "model_name" {
  description = "The model that serves."
  value       = one(aws_sagemaker_model.this[*].name)
}

output "role_arn" {
  description = "The execution role."
  value       = local.role_arn
}

output "repository_url" {
  description = "Where to push the image; null where the module didn't make the repository."
  value       = one(aws_ecr_repository.this[*].repository_url)
}

output "log_group_name" {
  description = "Where the container's logs go."
  value       = aws_cloudwatch_log_group.this.name
}

output "alarm_arns" {
  description = "The alarms: errors, latency, memory."
  value       = { for name, alarm in aws_cloudwatch_metric_alarm.this : name => alarm.arn }
}
