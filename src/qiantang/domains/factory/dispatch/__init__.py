"""Dispatch: a finding becomes a task, the task a person with the skill, and every decision can say why."""
