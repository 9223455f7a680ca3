"""A service's own sitecustomize: without it held.py is not found."""
import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
