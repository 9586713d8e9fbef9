variable "image" {
  description = "The image by its digest; without one there is a repository to push to, and no endpoint yet."
  type        = string
  default     = null
}

variable "model_data_url" {
  description = "Where the model.tar.gz lies, as s3://BUCKET/KEY."
  type        = string
}
