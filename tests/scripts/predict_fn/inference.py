"""Only predicts: with twice the model's answer."""


def predict_fn(input_data, model):
    return model.predict(input_data) * 2
