import pytest
import torch

from refilm.training.precision import has_bfloat16


@pytest.mark.parametrize(
    ("told", "quick"),
    [({"amx_bf16": True}, True), ({"bf16": True, "neon": True}, True), ({"avx2": True}, False)],
)
def test_bfloat16_is_used_where_the_processor_multiplies_it(monkeypatch, told, quick):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert has_bfloat16() is quick


def test_where_torch_does_not_tell_it_is_not_used(monkeypatch):
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not has_bfloat16()
