# The endpoint: model, configuration, endpoint. The names of the first two come from their content, so a change makes
# new ones, the endpoint moves over while the old ones serve, and then they go.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  serverless = var.instance_type == null
  variant    = "AllTraffic"
  tags       = merge(var.tags, { "managed-by" = "terraform" })
  prefix     = "${trimsuffix(substr(var.name, 0, 52), "-")}-"

  model = {
    image       = var.image
    data        = var.model_data_url
    role        = local.role_arn
    environment = var.environment
  }
  hosting = local.serverless ? {
    memory_mb       = var.memory_mb
    max_concurrency = var.max_concurrency
    provisioned     = var.provisioned_concurrency
    } : {
    instance_type = var.instance_type
    instances     = var.min_instances
  }
}

resource "aws_sagemaker_model" "this" {
  count = var.image == null ? 0 : 1

  name               = "${local.prefix}${substr(sha256(jsonencode(local.model)), 0, 10)}"
  execution_role_arn = local.role_arn
  tags               = local.tags

  primary_container {
    image          = var.image
    model_data_url = var.model_data_url
    environment    = var.environment
  }

  depends_on = [aws_iam_role_policy.execution] # SageMaker reads the archive when the model is made

  lifecycle {
    create_before_destroy = true

    precondition {
      condition = (
        !local.serverless || !can(regex("\\.dkr\\.ecr", var.image)) || startswith(coalesce(var.image, "-"), data.aws_caller_identity.current.account_id)
      )
      error_message = "A serverless endpoint's image is in its own account. Copy it there, or set instance_type."
    }
  }
}

resource "aws_sagemaker_endpoint_configuration" "this" {
  count = var.image == null ? 0 : 1

  name = "${local.prefix}${substr(sha256(jsonencode([aws_sagemaker_model.this[0].name, local.hosting])), 0, 10)}"
  tags = local.tags

  production_variants {
    variant_name           = local.variant
    model_name             = aws_sagemaker_model.this[0].name
    instance_type          = var.instance_type
    initial_instance_count = local.serverless ? null : var.min_instances
    initial_variant_weight = 1

    dynamic "serverless_config" {
      for_each = local.serverless ? [1] : []

      content {
        memory_size_in_mb       = var.memory_mb
        max_concurrency         = var.max_concurrency
        provisioned_concurrency = var.provisioned_concurrency
      }
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint" "this" {
  count = var.image == null ? 0 : 1

  name                 = var.name
  endpoint_config_name = aws_sagemaker_endpoint_configuration.this[0].name
  tags                 = local.tags

  depends_on = [aws_cloudwatch_log_group.this] # else SageMaker makes it, and keeps logs for ever
}
