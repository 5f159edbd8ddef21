"""``python -m lbref_conformance``."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="lbref-conformance")
