"""``python -m ssm_search``: the command line."""

from ssm_search.cli import main

main()
