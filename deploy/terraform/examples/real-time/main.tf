# A real-time endpoint on one to four instances.

variable "instance_type" {
  type    = string
  default = "ml.m5.large"
}

module "endpoint" {
  source = "../.."

  name           = "churn-live"
  image          = var.image
  model_data_url = var.model_data_url
  instance_type  = var.instance_type
  min_instances  = 1
  max_instances  = 4
  scale_at       = 600
}

output "endpoint" {
  value = module.endpoint
}
