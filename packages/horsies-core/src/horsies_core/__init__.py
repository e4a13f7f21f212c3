"""What is true: the rules, statements and plans of horsies, without any I/O."""
