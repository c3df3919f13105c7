import pickle

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from refilm.errors import WeightsError
from refilm.models.weights import fill, read


def network():
    return nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))


def state(**changes):
    return {**network().state_dict(), **changes}


def test_a_network_is_filled_with_every_tensor_and_needs_no_values_before():
    given = state()
    with torch.device("meta"):
        filled = network()
    fill(filled, given)
    assert all(torch.equal(given[key], tensor) for key, tensor in filled.state_dict().items())
    assert not any(tensor.requires_grad for tensor in filled.parameters())


def test_prefixes_are_dropped_and_parts_for_other_purposes_left_out():
    given = {f"module.{key}": tensor for key, tensor in state().items()}
    given["module.teacher.weight"] = torch.zeros(1)
    fill(network(), given, prefix="module.", unused=("teacher.",))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda given: given.pop("1.bias"), "1 tensors are missing, the first is 1.bias"),
        (lambda given: given.update(other=torch.zeros(1)), "left over, the first is other"),
        (lambda given: given.update({"0.weight": torch.zeros(3, 2)}), "of another shape.* 0.weight"),
        (lambda given: given.update({"0.weight": "words"}), "of another shape.* 0.weight"),
    ],
    ids=["missing", "left over", "shape", "no tensor"],
)
def test_weights_of_another_network_are_refused_by_the_first_tensor_that_differs(change, told):
    given = state()
    change(given)
    with pytest.raises(WeightsError, match=told):
        fill(network(), given)


@pytest.mark.parametrize("save", [torch.save, save_file], ids=["torch", "safetensors"])
def test_both_kinds_of_file_are_read(tmp_path, save):
    path = tmp_path / f"w.{'safetensors' if save is save_file else 'pth'}"
    save(state(), path)
    assert read(path).keys() == state().keys()


class Trap:
    def __reduce__(self):
        return (pytest.fail, ("the file's code was run",))


@pytest.mark.parametrize("content", [pickle.dumps(Trap(), protocol=2), b"", b"not weights at all"])
@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
def test_a_file_that_holds_anything_else_is_refused_and_not_run(tmp_path, content, name):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read(path)


def test_code_inside_a_torch_file_is_refused_and_not_run(tmp_path):
    path = tmp_path / "w.pth"
    torch.save({"weight": Trap()}, path)
    with pytest.raises(WeightsError, match="cannot be read as weights"):
        read(path)


def test_a_file_with_a_single_tensor_is_refused(tmp_path):
    torch.save(torch.zeros(1), tmp_path / "w.pth")
    with pytest.raises(WeightsError, match="holds a Tensor"):
        read(tmp_path / "w.pth")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(WeightsError, match=r"gone.pth cannot be read"):
        read(tmp_path / "gone.pth")
