"""Run the command as ``python -m credguard``."""

from credguard.cli import main

if __name__ == "__main__":
    main()
