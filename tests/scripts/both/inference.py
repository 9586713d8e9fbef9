"""transform_fn beside what it stands for."""


def predict_fn(data, model):
    return model.predict(data)


def transform_fn(model, body, content_type, accept):
    return body
