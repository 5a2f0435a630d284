"""``python -m foolery`` is the command ``foolery``."""

from foolery.cli.main import main

if __name__ == "__main__":
    main()
