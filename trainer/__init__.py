"""The online loop: tasks to rollouts to rewards to weights. `python -m trainer.run`."""
