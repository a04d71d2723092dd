"""What is noticed about a table before anything is trained: one check, one function, one or more named findings.

`examine.examine` runs them all. A check sees the training and cv rows, and of the test rows everything but the target:
so no finding changes when labels of test rows do.
"""
