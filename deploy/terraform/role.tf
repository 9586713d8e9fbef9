# The execution role: what `coppice policy execution` and `coppice policy trust` print, for this endpoint.

locals {
  role_arn = var.role_arn == null ? aws_iam_role.execution[0].arn : var.role_arn

  account = data.aws_caller_identity.current.account_id
  region  = data.aws_region.current.name
  arn     = "arn:${data.aws_partition.current.partition}"
  bucket  = split("/", var.model_data_url)[2]
  key     = trimprefix(var.model_data_url, "s3://${local.bucket}/")
  # Every archive of this endpoint: while it moves over, instances of the one before may still start.
  archives = startswith(local.key, "coppice/${var.name}/") ? "coppice/${var.name}/*" : (
    length(split("/", local.key)) > 1 ? "${dirname(local.key)}/*" : local.key
  )
}

resource "aws_iam_role" "execution" {
  count = var.role_arn == null ? 1 : 0

  name               = substr("coppice-${var.name}", 0, 64)
  description        = "SageMaker runs the endpoint ${var.name} with it"
  assume_role_policy = data.aws_iam_policy_document.trust.json
  tags               = local.tags
}

resource "aws_iam_role_policy" "execution" {
  count = var.role_arn == null ? 1 : 0

  name   = "coppice"
  role   = aws_iam_role.execution[0].id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "trust" {
  statement {
    sid     = "SageMakerForThisAccount"
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["sagemaker.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["${local.arn}:sagemaker:${local.region}:${local.account}:*"]
    }
  }
}

data "aws_iam_policy_document" "execution" {
  statement {
    sid       = "ReadModel"
    actions   = ["s3:GetObject"]
    resources = ["${local.arn}:s3:::${local.bucket}/${local.archives}"]
  }

  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["${local.arn}:ecr:${local.region}:${local.account}:repository/${var.repository}"]
  }

  statement {
    sid       = "RegistryLoginHasNoResource"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${local.arn}:logs:${local.region}:${local.account}:log-group:/aws/sagemaker/Endpoints/${var.name}:*"]
  }

  statement {
    sid       = "MetricsHaveNoResource"
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringLike"
      variable = "cloudwatch:namespace"
      values   = ["AWS/SageMaker", "/aws/sagemaker/*"]
    }
  }
}
