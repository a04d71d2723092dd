"""Everything that a person reads: words, terminal, Markdown, HTML page, pictures; and the result value."""
