"""`python -m trainers.site`: the course as a site, built from this clone."""

from __future__ import annotations

import importlib.util
import time

import configs
from trainers.cli.exit import run_main
from trainers.cli.output_file import output_path
from trainers.cli.parser import command_parser, parse_command

_PORT = 8000
_NEEDED = ("mkdocs", "material", "mkdocstrings", "latex2mathml")


def main(argv: list[str]) -> None:
    """Build the site, and serve it where that is asked for.

    Raises:
        ConfigError: the extra `site` is missing, this is no clone, or a page is wrong.
    """
    parser = command_parser(
        "site",
        "Build the course as a site from this clone: ideas, models, published figures, rooms and "
        "the reference. No page asks for anything from another machine, and all open without a "
        "server; a link that leads nowhere ends the build.",
    )
    parser.add_argument("--output", type=str, default="site", help="folder, written anew")
    parser.add_argument(
        "--serve",
        type=int,
        nargs="?",
        const=_PORT,
        metavar="PORT",
        help=f"then serve it to this machine, at that port or at {_PORT}",
    )
    parser.add_argument(
        "--curves",
        type=str,
        metavar="PATTERN",
        help="instead, train the models whose names match by their recipes, and draw their curves "
        "for the models' pages",
    )
    arguments = parse_command(parser, argv)
    if arguments is None:
        return
    require_extra()
    if arguments.serve is not None and not 0 < arguments.serve < 65536:
        raise configs.ConfigError(f"--serve {arguments.serve}; allowed: a port, 1 to 65535")

    import trainers.cli.quiet  # noqa: F401
    from trainers.site.build import build, project

    if arguments.curves is not None:
        from trainers.site import curves
        from trainers.site.pages.models import CURVES

        folder = project() / CURVES
        for name in curves.chosen(arguments.curves):
            print(curves.write(name, folder))
        return
    output = output_path(arguments.output)
    started = time.perf_counter()
    built = build(output)
    seconds = time.perf_counter() - started
    print(
        f"{built.pages} pages, {built.size / 1e6:.1f} MB, in {seconds:.0f} s: "
        f"{output / 'index.html'}"
    )
    if arguments.serve is not None:
        from trainers.site.serve import serve

        serve(output, arguments.serve)


def require_extra() -> None:
    """Raise `ConfigError` where what builds the site is not installed."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise configs.ConfigError(
            f"the site needs {', '.join(missing)}; pip install '.[site]' in this clone"
        )


if __name__ == "__main__":
    run_main(main)
