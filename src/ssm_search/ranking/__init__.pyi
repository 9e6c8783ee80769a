from . import confidence as confidence
from . import filing as filing
from . import fusion as fusion
from . import okapi as okapi
