"""Is no Python."""


def predict_fn(data, model)
    return model.predict(data)
