"""From a table to a question, its three parts, and their matrices; what seals the test rows and who has looked at them."""
