from . import decay as decay
from . import doctor as doctor
from . import findings as findings
from . import online as online
from . import problems as problems
from . import workflows as workflows
from .findings import Finding as Finding
from .findings import Kind as Kind
