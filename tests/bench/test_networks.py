"""Timing one call of a network: with random weights where its file tells their layout."""

import pytest

from refilm.bench.networks import Call, _measured, measure
from refilm.errors import UsageError


def test_a_network_without_its_weights_here_is_measured_with_random_ones():
    figures = _measured("deepremaster-restore", Call(width=16, height=16, pictures=2))
    assert figures["call_seconds"] > 0
    assert figures["call_processor_seconds"] > 0
    # The weights alone are ten million numbers of four bytes.
    assert figures["peak_megabytes"] > 40


def test_a_network_that_nobody_knows_is_refused_before_a_process_begins():
    with pytest.raises(UsageError, match="no network called nothing"):
        measure("nothing", Call(16, 16))
