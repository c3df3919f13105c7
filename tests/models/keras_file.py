"""Weights of Keras as its files hold them."""

import h5py
import numpy as np


def keras_file(path, state, *, full=False):
    """Write tensors by their paths, "layer/layer/kernel:0", as Keras 2 does; return the path.

    A full-model file has them below `model_weights`, beside the model's description and its optimiser.
    """
    layers = list(dict.fromkeys(key.partition("/")[0] for key in state))
    with h5py.File(path, "w") as file:
        top = file.create_group("model_weights") if full else file
        top.attrs["layer_names"] = [layer.encode() for layer in layers]
        for layer in layers:
            names = [key.partition("/")[2] for key in state if key.partition("/")[0] == layer]
            top.create_group(layer).attrs["weight_names"] = [name.encode() for name in names]
        for key, values in state.items():
            top[key] = np.asarray(values)
        if full:
            file.attrs["model_config"] = '{"class_name": "Lambda", "config": {"function": "4wEAAAA="}}'
            file["optimizer_weights/step:0"] = np.float32(1)
    return path
