"""A classifier that answers with the probability of each class."""


def predict_fn(data, model):
    return [dict(zip(model.classes_.tolist(), row, strict=True)) for row in model.predict_proba(data).tolist()]
