"""Seeded synthetic patients: genomes drawn from a release, stories written by hand. None of them exists."""

from rxweave.demo.index import IndexEntry, write_demo_index
from rxweave.demo.people import DemoPatient, write_demo_patients
from rxweave.demo.run import make_demo

__all__ = ["DemoPatient", "IndexEntry", "make_demo", "write_demo_index", "write_demo_patients"]
