"""Who acts: claims tasks, runs them in child processes and settles them."""
