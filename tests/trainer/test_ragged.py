from __future__ import annotations

import numpy as np
import torch

from trainer.ragged import known, padded, unpadded

ROWS = [np.array([1.0, 2.0], dtype=np.float32), np.array([], dtype=np.float32), np.array([3.0], dtype=np.float32)]
LIKE = torch.zeros(3, 2)


def test_padding_is_zero() -> None:
    assert padded(ROWS, LIKE).tolist() == [[1.0, 2.0], [0.0, 0.0], [3.0, 0.0]]


def test_one_unknown_row_leaves_the_table_unknown() -> None:
    found = known(ROWS, LIKE)
    assert found is not None
    assert found.tolist() == padded(ROWS, LIKE).tolist()
    assert known([ROWS[0], None, ROWS[2]], LIKE) is None


def test_rows_come_back_as_they_were_and_by_themselves() -> None:
    table = padded(ROWS, LIKE)
    back = unpadded(table, [2, 0, 1])
    assert [row.tolist() for row in back] == [row.tolist() for row in ROWS]
    table.zero_()
    assert back[0].tolist() == [1.0, 2.0]
