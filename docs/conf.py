"""How the documentation is built: `make docs`."""

import importlib.metadata

project = "ssm-search"
release = importlib.metadata.version("ssm-search")
copyright = "the authors of ssm-search"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "ssm-search"
html_copy_source = False
html_static_path = []
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autoclass_content = "class"
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
suppress_warnings = ["ref.python"]  # a name such as Filters is offered by two modules
