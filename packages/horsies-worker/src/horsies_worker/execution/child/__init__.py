"""The child process: imports the user's app, runs its tasks, and holds no connection of ours."""
