"""How many updates one compiled call does."""

from trainers.engine.length import CallLength


def test_call_length_grows_by_at_most_16_and_aims_at_half_a_second():
    length = CallLength()
    assert length.most == 1
    length.learn(1, 1e-6)
    assert length.most == 16
    length.learn(16, 0.001)
    assert length.most == 256
    length.learn(256, 0.5)
    assert length.most == 256
    length.learn(256, 200.0)
    assert length.most == 1
