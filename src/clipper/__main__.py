"""``python -m clipper`` is the same as the installed command."""

from clipper.cli.start import main

if __name__ == "__main__":
    main()
