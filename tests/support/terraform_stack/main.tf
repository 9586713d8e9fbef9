# What people write without Coppice's module: a serverless endpoint and one on an instance. The environment says where.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "image" { type = string }
variable "model_data_url" { type = string }
variable "memory_mb" {
  type    = number
  default = 1024
}

provider "aws" {}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "endpoint" {
  name               = "houses-endpoint"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_sagemaker_model" "houses" {
  name               = "houses"
  execution_role_arn = aws_iam_role.endpoint.arn
  primary_container {
    image          = var.image
    model_data_url = var.model_data_url
  }
}

resource "aws_sagemaker_endpoint_configuration" "serverless" {
  name_prefix = "houses-serverless-"
  production_variants {
    variant_name = "AllTraffic"
    model_name   = aws_sagemaker_model.houses.name
    serverless_config {
      memory_size_in_mb = var.memory_mb
      max_concurrency   = 2
    }
  }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sagemaker_endpoint_configuration" "real_time" {
  name = "houses-real-time"
  production_variants {
    variant_name           = "AllTraffic"
    model_name             = aws_sagemaker_model.houses.name
    instance_type          = "ml.m5.large"
    initial_instance_count = 1
  }
}

resource "aws_sagemaker_endpoint" "serverless" {
  name                 = "houses-serverless"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.serverless.name
  tags                 = { made-by = "terraform" }
}

resource "aws_sagemaker_endpoint" "real_time" {
  name                 = "houses-real-time"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.real_time.name
}
