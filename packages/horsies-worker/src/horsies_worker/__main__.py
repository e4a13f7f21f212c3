"""`python -m horsies_worker` is `horsies`."""

from horsies_worker.cli import main

if __name__ == "__main__":
    main()
