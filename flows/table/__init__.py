"""From a table to a question, its three parts and their matrices; the sealed test rows and who has looked at them."""
