from .feeds import Malformed as Malformed
from .feeds import Removed as Removed
from .feeds import read_feed as read_feed
