"""Critic sampling: programs refined and repaired at inference (CodeRL, arXiv 2207.01780, section 3.3.4; also RLTF).

    python -m trainer.critic_sampling learn --out runs/critic      # a critic, and a model that mends programs
    python -m trainer.critic_sampling sample runs/critic           # pass@1 without and with

`public` tells the tests that may be seen from those that may not; `critic` says how likely a program is to pass, after
each of its tokens; `seeds` cuts programs where it thinks best of them; `fault` puts into words what is wrong with one;
`procedure` is algorithm 1 of the paper; `learning` makes critic and mender from the policy's own rollouts.
"""
