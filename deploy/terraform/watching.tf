# Logs that end, and alarms. SageMaker emits no metric of throttled calls, so there is no alarm on them.

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/sagemaker/Endpoints/${var.name}"
  retention_in_days = var.log_retention_days
  tags              = local.tags
}

locals {
  alarms = {
    errors = {
      description = "answers with a 5xx status"
      namespace   = "AWS/SageMaker"
      metric      = "Invocation5XXErrors"
      statistic   = "Sum"
      percentile  = null
      at          = var.alarm_errors
    }
    latency = {
      description = "takes long: p99 of ModelLatency, in microseconds"
      namespace   = "AWS/SageMaker"
      metric      = "ModelLatency"
      statistic   = null
      percentile  = "p99"
      at          = var.alarm_latency_seconds * 1000000
    }
    memory = {
      description = "is running out of memory, in percent"
      namespace   = "/aws/sagemaker/Endpoints"
      metric      = "MemoryUtilization"
      statistic   = "Maximum"
      percentile  = null
      at          = var.alarm_memory_percent
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = var.image == null ? {} : local.alarms

  alarm_name          = "coppice-${var.name}-${each.key}"
  alarm_description   = "The endpoint ${var.name} ${each.value.description}"
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  statistic           = each.value.statistic
  extended_statistic  = each.value.percentile
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.at
  period              = 300
  evaluation_periods  = 1
  treat_missing_data  = "notBreaching" # nobody called
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
  tags                = local.tags

  dimensions = {
    EndpointName = var.name
    VariantName  = local.variant
  }
}
