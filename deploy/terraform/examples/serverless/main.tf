# A serverless endpoint: nothing is paid for while nobody calls it.

variable "memory_mb" {
  type    = number
  default = 2048
}

module "endpoint" {
  source = "../.."

  name            = "churn"
  image           = var.image
  model_data_url  = var.model_data_url
  memory_mb       = var.memory_mb
  max_concurrency = 5
}

output "endpoint" {
  value = module.endpoint
}
