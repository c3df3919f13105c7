"""How exactly a training reckons: bfloat16 where the processor multiplies it itself."""

import torch

_NATIVE = ("amx_bf16", "avx512_bf16", "bf16")
"""What torch calls a processor's own multiplication of bfloat16."""


def has_bfloat16() -> bool:
    """Return whether bfloat16 is quicker than float32 here, as far as torch can tell.

    Where a processor has to spell it out it is five times slower.
    """
    # Older versions of torch do not tell.
    told = getattr(torch.cpu, "get_capabilities", dict[str, bool])()
    return any(told.get(name) for name in _NATIVE)
