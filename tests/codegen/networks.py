"""Networks that several tests write out."""

from tests.codegen.drawing import chain, draw


def small_cnn():
    """Conv, norm and activation in a row, twice, with a size-agnostic head."""
    return chain(
        ("image", "Input", {"shape": [1, 28, 28]}),
        ("conv1", "Conv2d", {"out_channels": 8, "kernel_size": 3, "padding": 1, "bias": False}),
        ("norm1", "BatchNorm2d"),
        ("relu1", "ReLU"),
        ("pool1", "MaxPool2d"),
        ("conv2", "Conv2d", {"out_channels": 16, "kernel_size": [3, 5], "stride": 2, "padding": [1, 2]}),
        ("norm2", "BatchNorm2d", {"momentum": 0.2}),
        ("act2", "LeakyReLU", {"negative_slope": 0.1}),
        ("drop", "Dropout2d", {"p": 0.25}),
        ("gap", "AdaptiveAvgPool2d"),
        ("flat", "Flatten"),
        ("head", "Linear", {"out_features": 10}),
        ("logits", "Output"),
        name="small CNN",
    )


def residual():
    """A value that two branches read."""
    return draw(
        ("image", "Input", {"shape": [3, 8, 8]}),
        ("conv1", "Conv2d", {"out_channels": 4, "padding": 1}),
        ("stem", "ReLU"),
        ("conv2", "Conv2d", {"out_channels": 4, "padding": 1}),
        ("norm2", "BatchNorm2d"),
        ("add", "Add"),
        ("relu2", "ReLU"),
        ("features", "Output"),
        edges="image -> conv1, conv1 -> stem, stem -> conv2, conv2 -> norm2, norm2 -> add.in0,"
        "stem -> add.in1, add -> relu2, relu2 -> features",
        name="Residual",
    )


def sequence_lstm():
    """A layer with several outputs over a sequence of any length."""
    return draw(
        ("sequence", "Input", {"shape": ["T", 8]}),
        ("lstm", "LSTM", {"hidden_size": 16, "num_layers": 2}),
        ("last", "LastStep"),
        ("cell", "LastStep", {"dim": 0}),
        ("join", "Concat", {"dim": 1}),
        ("head", "Linear", {"out_features": 2}),
        ("scores", "Softmax", {"dim": -1}),
        ("probabilities", "Output"),
        edges="sequence -> lstm, lstm.out -> last, lstm.c -> cell, last -> join.in0, cell -> join.in1,"
        "join -> head, head -> scores, scores -> probabilities",
        name="SequenceClassifier",
    )


def two_ends():
    """Two inputs and two outputs; the tokens index an embedding of five vectors."""
    return draw(
        ("image", "Input", {"shape": [3, 8, 8]}),
        ("tokens", "Input", {"shape": ["T"], "dtype": "int64"}),
        ("conv", "Conv2d", {"out_channels": 4, "padding": "same"}),
        ("gelu", "GELU", {"approximate": "tanh"}),
        ("gap", "AdaptiveAvgPool2d"),
        ("flat", "Flatten"),
        ("embed", "Embedding", {"num_embeddings": 5, "embedding_dim": 6}),
        ("gru", "GRU", {"hidden_size": 7}),
        ("last", "LastStep"),
        ("join", "Concat", {"dim": 1}),
        ("shared", "Linear", {"out_features": 12}),
        ("tanh", "Tanh"),
        ("head", "Linear", {"out_features": 10}),
        ("critic", "Linear", {"out_features": 1}),
        ("logits", "Output"),
        ("value", "Output"),
        edges="image -> conv, conv -> gelu, gelu -> gap, gap -> flat, tokens -> embed, embed -> gru, "
        "gru -> last, flat -> join.in0, last -> join.in1, join -> shared, shared -> tanh, tanh -> head,"
        "tanh -> critic, head -> logits, critic -> value",
        name="TwoEnds",
    )


ALL = {make.__name__: make for make in (small_cnn, residual, sequence_lstm, two_ends)}
