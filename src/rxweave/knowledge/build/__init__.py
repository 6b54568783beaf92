"""Building a knowledge release from the upstream files in their own formats."""
