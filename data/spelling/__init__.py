"""How the cells of a column are written (`kinds`), learned once from the whole column, and read so ever after."""
