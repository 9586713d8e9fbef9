# What is deployed ------------------------------------------------------------------------------------------------

variable "name" {
  description = "The endpoint's name."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$", var.name))
    error_message = "name takes up to 63 letters, digits and hyphens, but no hyphen at either end."
  }
}

variable "model_data_url" {
  description = "Where the model.tar.gz lies, as s3://BUCKET/KEY. Put its hash into the key, so that a new one is a change."
  type        = string

  validation {
    condition     = can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+\\.tar\\.gz$", var.model_data_url)) && length(var.model_data_url) <= 1024
    error_message = "model_data_url takes s3://BUCKET/KEY.tar.gz of up to 1024 characters."
  }
}

variable "image" {
  description = "The image by its digest, as `coppice push` prints it. Without one there is a repository to push to, and no endpoint yet."
  type        = string
  default     = null

  validation {
    condition     = var.image == null || can(regex("^[\\w.-]+(:\\d+)?/[\\w./-]+(:[\\w.-]+)?(@sha256:[0-9a-f]{64})?$", var.image)) && length(coalesce(var.image, "-")) <= 255
    error_message = "image takes REGISTRY/REPOSITORY@sha256:… or REGISTRY/REPOSITORY:TAG of up to 255 characters."
  }
}

variable "environment" {
  description = "The container's variables."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.environment) <= 100
    error_message = "environment takes up to 100 variables."
  }

  validation {
    condition = alltrue([
      for key, value in var.environment :
      can(regex("^[a-zA-Z_][a-zA-Z0-9_]*$", key)) && length(key) <= 1024 && length(value) <= 1024
    ])
    error_message = "environment: names have letters, digits and underscores and start with no digit; names and values have up to 1024 characters."
  }
}

# Serverless, which is what there is without an instance_type ------------------------------------------------------

variable "memory_mb" {
  description = "A serverless endpoint's memory; CPU comes in proportion."
  type        = number
  default     = 2048

  validation {
    condition     = contains([1024, 2048, 3072, 4096, 5120, 6144], var.memory_mb)
    error_message = "memory_mb takes one of 1024, 2048, 3072, 4096, 5120, 6144."
  }
}

variable "max_concurrency" {
  description = "How many requests a serverless endpoint answers at once."
  type        = number
  default     = 5

  validation {
    condition     = var.max_concurrency >= 1 && var.max_concurrency <= 200 && floor(var.max_concurrency) == var.max_concurrency
    error_message = "max_concurrency takes a whole number from 1 to 200."
  }
}

variable "provisioned_concurrency" {
  description = "How many of them are kept warm, and paid for; none by default."
  type        = number
  default     = null

  validation {
    condition     = try(var.provisioned_concurrency >= 1 && var.provisioned_concurrency <= var.max_concurrency && floor(var.provisioned_concurrency) == var.provisioned_concurrency, var.provisioned_concurrency == null)
    error_message = "provisioned_concurrency takes a whole number from 1 to max_concurrency."
  }
}

variable "max_provisioned_concurrency" {
  description = "Up to how many autoscaling keeps warm; it needs provisioned_concurrency as its minimum."
  type        = number
  default     = null

  validation {
    condition     = try(var.max_provisioned_concurrency >= var.provisioned_concurrency && var.max_provisioned_concurrency <= var.max_concurrency && floor(var.max_provisioned_concurrency) == var.max_provisioned_concurrency, var.max_provisioned_concurrency == null)
    error_message = "max_provisioned_concurrency takes a whole number from provisioned_concurrency to max_concurrency."
  }
}

# Real-time --------------------------------------------------------------------------------------------------------

variable "instance_type" {
  description = "Makes the endpoint a real-time one on such instances, as ml.m5.large. A real-time endpoint can't become serverless again: that takes another name."
  type        = string
  default     = null

  validation {
    condition     = var.instance_type == null || can(regex("^ml\\.[a-z0-9-]+\\.[a-z0-9]+$", var.instance_type))
    error_message = "instance_type takes one of SageMaker's, as ml.m5.large."
  }
}

variable "min_instances" {
  description = "How many instances there are at least."
  type        = number
  default     = 1

  validation {
    condition     = var.min_instances >= 1 && floor(var.min_instances) == var.min_instances
    error_message = "min_instances takes a whole number from 1 up."
  }
}

variable "max_instances" {
  description = "Up to how many autoscaling goes; without it there is none."
  type        = number
  default     = null

  validation {
    condition     = try(var.max_instances >= var.min_instances && floor(var.max_instances) == var.max_instances, var.max_instances == null)
    error_message = "max_instances takes a whole number from min_instances up."
  }
}

variable "scale_at" {
  description = "What autoscaling aims at: invocations a minute and instance, or the share of provisioned concurrency in use (0 to 1)."
  type        = number
  default     = null

  validation {
    condition     = try(var.scale_at > 0, var.scale_at == null)
    error_message = "scale_at takes a number above 0."
  }
}

# Around it --------------------------------------------------------------------------------------------------------

variable "role_arn" {
  description = "A role that there is; by default one is made that may do what this endpoint needs."
  type        = string
  default     = null

  validation {
    condition     = var.role_arn == null || can(regex("^arn:aws[a-z-]*:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+$", var.role_arn))
    error_message = "role_arn takes a role's ARN."
  }
}

variable "repository" {
  description = "The image's ECR repository."
  type        = string
  default     = "coppice"

  validation {
    condition     = can(regex("^[a-z0-9]+([._/-]+[a-z0-9]+)*$", var.repository)) && length(var.repository) >= 2 && length(var.repository) <= 256
    error_message = "repository takes 2 to 256 lower-case letters, digits and . _ / - between them."
  }
}

variable "create_repository" {
  description = "Whether to make the repository; false where `coppice push` or another endpoint has made it."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "How long CloudWatch keeps the container's logs."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days takes one of CloudWatch's: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653."
  }
}

variable "alarm_actions" {
  description = "ARNs that an alarm tells, as an SNS topic's."
  type        = list(string)
  default     = []
}

variable "alarm_errors" {
  description = "Alarm at so many answers with a 5xx status in five minutes."
  type        = number
  default     = 1
}

variable "alarm_latency_seconds" {
  description = "Alarm when one in a hundred invocations takes the model longer than this."
  type        = number
  default     = 10

  validation {
    condition     = var.alarm_latency_seconds > 0 && var.alarm_latency_seconds <= 60
    error_message = "alarm_latency_seconds takes up to 60, when SageMaker gives up on an invocation."
  }
}

variable "alarm_memory_percent" {
  description = "Alarm when the container uses more of its memory than this."
  type        = number
  default     = 85

  validation {
    condition     = var.alarm_memory_percent > 0 && var.alarm_memory_percent <= 100
    error_message = "alarm_memory_percent takes up to 100."
  }
}

variable "tags" {
  description = "Tags for everything."
  type        = map(string)
  default     = {}
}
