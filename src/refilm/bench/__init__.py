"""Numbers that anyone can measure again."""
