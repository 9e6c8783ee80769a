from . import card_display as card_display
from . import display as display
from . import export as export
from . import finding_display as finding_display
from . import maps as maps
from .display import hit_to_json as hit_to_json
from .display import hits_to_json as hits_to_json
from .display import suggestion_to_json as suggestion_to_json
