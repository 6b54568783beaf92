"""Seeded synthetic patients: genomes drawn from a release, stories written by hand. None of them exists."""

from rxweave.demo.index import IndexEntry, write_demo_index
from rxweave.demo.people import DemoPatient, write_demo_patients

__all__ = ["DemoPatient", "IndexEntry", "write_demo_index", "write_demo_patients"]
