"""As scripts for AWS's first scikit-learn containers begin; what its training needs is imported at the top, too."""

from __future__ import print_function

import json
import os

from sagemaker_training import environment
from sklearn.externals import joblib


def model_fn(model_dir):
    return joblib.load(os.path.join(model_dir, "model.joblib"))


def output_fn(prediction, accept):
    return json.dumps({"predictions": list(prediction)}), accept


if __name__ == "__main__":
    print(environment.Environment().num_cpus)
