"""``python -m foolery`` is the command ``foolery``."""

from foolery.cli.start import main

if __name__ == "__main__":
    main()
