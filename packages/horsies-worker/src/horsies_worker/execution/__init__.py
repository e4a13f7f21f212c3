"""Running user code: child processes, and what the supervisor keeps of them."""
