from .writing import check_folder as check_folder
from .writing import write_site as write_site
