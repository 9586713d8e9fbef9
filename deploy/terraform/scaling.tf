# Target tracking: instances of a real-time endpoint, or the provisioned concurrency of a serverless one.

locals {
  lowest  = local.serverless ? var.provisioned_concurrency : var.min_instances
  highest = local.serverless ? var.max_provisioned_concurrency : var.max_instances
  scaled  = local.serverless ? "DesiredProvisionedConcurrency" : "DesiredInstanceCount"
}

resource "aws_appautoscaling_target" "this" {
  count = var.image == null || local.highest == null ? 0 : 1

  service_namespace  = "sagemaker"
  resource_id        = "endpoint/${aws_sagemaker_endpoint.this[0].name}/variant/${local.variant}"
  scalable_dimension = "sagemaker:variant:${local.scaled}"
  min_capacity       = local.lowest
  max_capacity       = local.highest
  tags               = local.tags
}

resource "aws_appautoscaling_policy" "this" {
  count = length(aws_appautoscaling_target.this)

  name               = "coppice-${var.name}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value = coalesce(var.scale_at, local.serverless ? 0.7 : 1000)

    predefined_metric_specification {
      predefined_metric_type = local.serverless ? "SageMakerVariantProvisionedConcurrencyUtilization" : "SageMakerVariantInvocationsPerInstance"
    }
  }
}
