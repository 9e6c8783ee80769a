from . import late as late
from .partly import PartlyEncoded as PartlyEncoded
from .vectors import RowVectors as RowVectors
from .vectors import Words as Words
from .vectors import sampled_rows as sampled_rows
