"""Alarms as people have to bear them: the life of each after ISA-18.2, grouped, counted, and never more than can be answered."""
